import v8 from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import type { MethodShape } from '@tiercel/kernel';
import { Connection, type ConnectionOptions } from './connection.js';
import type { WireMessage } from './message.js';

const methods: Readonly<Record<string, MethodShape>> = {
  greet: 'unary',
  never: 'unary',
  later: 'unary',
  stuck: 'stream-out',
  note: 'notify',
  name: 'fact',
};

interface Pair {
  readonly caller: Connection;
  readonly server: Connection;
  /** What the caller has sent, by type. */
  readonly sent: string[];
  readonly busy: boolean[];
}

/** Two connections in one process, whose messages are copied as between two. */
function openPair(provider: object, options: Partial<ConnectionOptions> = {}): Pair {
  const sent: string[] = [];
  const busy: boolean[] = [];
  const common = { plugin: 'lamp', callLimit: 10, onDropped: () => undefined };
  const copyTo = (receive: () => Connection) => (message: WireMessage, onSent?: () => void) => {
    const bytes = v8.serialize(message);
    queueMicrotask(() => {
      receive().receive(v8.deserialize(bytes));
      onSent?.();
    });
  };
  const toServer = copyTo(() => server);
  const caller: Connection = new Connection({
    ...common,
    side: 'parent',
    send: (message, onSent) => {
      sent.push(message.type);
      toServer(message, onSent);
    },
    serve: () => ({ provider: {}, methods: {} }),
    onBusy: (isBusy) => busy.push(isBusy),
    ...options,
  });
  const server: Connection = new Connection({
    ...common,
    side: 'child',
    send: copyTo(() => caller),
    serve: () => ({ provider, methods }),
  });
  return { caller, server, sent, busy };
}

const call = ({ caller }: Pair, member: string, ...args: unknown[]) =>
  caller.call('lamp', member, args, false);

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  return (error as { readonly code?: unknown }).code;
}

describe('Connection', () => {
  it.each(['missing', 'constructor', 'hidden', 'name', 'stuck', 'note'])(
    'calls nothing that is no such method of the contract: %s',
    async (member) => {
      const pair = openPair({ hidden: async () => 1, name: 'lamp', stuck: () => 1, note: () => 1 });

      expect(await codeOf(call(pair, member))).toBe('PLACEMENT_MEMBER_UNKNOWN');
    },
  );

  it('calls methods on their provider', async () => {
    const provider = {
      word: 'Hello',
      async greet(name: string) {
        return `${this.word} ${name}`;
      },
    };

    expect(await call(openPair(provider), 'greet', 'you')).toBe('Hello you');
  });

  it('refuses arguments that cannot even be looked at, as it refuses any that cannot be sent', async () => {
    const pair = openPair({ greet: async () => 'hello' });
    const moody = {
      get name() {
        throw new TypeError('not today');
      },
    };

    const called = call(pair, 'greet', moody);
    const read = pair.caller.stream('lamp', 'stuck', [moody], false).next();

    expect(await codeOf(called)).toBe('PLACEMENT_VALUE_UNCLONEABLE');
    expect(await codeOf(read)).toBe('PLACEMENT_VALUE_UNCLONEABLE');
    expect(await call(pair, 'greet', 'you')).toBe('hello');
  });

  it('passes on what a method throws before it returns a promise', async () => {
    const pair = openPair({
      greet: () => {
        throw new RangeError('at once');
      },
    });

    await expect(call(pair, 'greet')).rejects.toThrow(new RangeError('at once'));
  });

  it('tells when it begins and stops to wait for the other side', async () => {
    const pair = openPair({ greet: async () => 'hello' });

    await Promise.all([call(pair, 'greet'), call(pair, 'greet')]);
    await call(pair, 'greet');

    expect(pair.busy).toEqual([true, false, true, false]);
  });

  it('ends everything that is under way when it is closed, and refuses more', async () => {
    const pair = openPair({ never: () => new Promise(() => undefined), stuck: async function* () {} });
    const lost = new Error('gone');
    const stream = pair.caller.stream('lamp', 'stuck', [], false);
    const waiting = call(pair, 'never');

    pair.caller.close(lost);

    await expect(waiting).rejects.toBe(lost);
    await expect(stream.next()).rejects.toBe(lost);
    await expect(call(pair, 'never')).rejects.toBe(lost);
    await expect(pair.caller.stream('lamp', 'stuck', [], false).next()).rejects.toBe(lost);
    expect(pair.busy.at(-1)).toBe(false);
  });

  it('aborts what it serves when it is closed', async () => {
    let reason: unknown;
    const pair = openPair({
      never: ({ signal }: { readonly signal: AbortSignal }) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
        });
        return new Promise(() => undefined);
      },
    });
    const lost = new Error('gone');
    void call(pair, 'never', { signal: new AbortController().signal }).catch(() => undefined);
    await Promise.resolve();

    pair.server.close(lost);

    expect(reason).toBe(lost);
  });

  it('does not hear a callback once its call is over', async () => {
    let progress: (part: unknown) => void = () => undefined;
    const pair = openPair({
      later: async (options: { readonly progress: (part: unknown) => void }) => {
        progress = options.progress;
        progress('in time');
      },
    });
    const parts: unknown[] = [];

    await call(pair, 'later', { progress: (part: unknown) => parts.push(part) });
    progress('too late');
    await new Promise((resolve) => setImmediate(resolve));

    expect(parts).toEqual(['in time']);
  });

  it('minds no message about what is over', () => {
    const { caller } = openPair({});

    const late: readonly WireMessage[] = [
      { type: 'result', id: 2, value: 1 },
      { type: 'failure', id: 2, error: { is: 'value', value: 1 } },
      { type: 'item', id: 2, value: 1 },
      { type: 'end', id: 2 },
      { type: 'credit', id: 2, count: 1 },
      { type: 'leave', id: 2 },
      { type: 'abort', id: 2, reason: { is: 'value', value: 1 } },
      { type: 'callback', id: 2, args: [] },
    ];

    expect(() => late.forEach((message) => void caller.receive(message))).not.toThrow();
  });

  it('drops notifications that the other side does not take, and says how many once it does', async () => {
    const taken: (() => void)[] = [];
    const dropped: number[] = [];
    const { caller } = openPair(
      {},
      {
        send: (_message, onSent) => void (onSent && taken.push(onSent)),
        onDropped: (count) => void dropped.push(count),
      },
    );

    for (let note = 0; note < 1_007; note++) caller.notify('lamp', 'note', []);
    for (const onSent of taken) onSent();

    expect(taken).toHaveLength(1_000);
    expect(dropped).toEqual([7]);
  });

  it('tells what can be told of things that cannot even be looked at', async () => {
    const told: unknown[] = [];
    const { caller } = openPair({ note: (fields: unknown) => void told.push(fields) });
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    const fields = {
      revoked,
      level: 3,
      get moody() {
        throw new TypeError('not today');
      },
    };

    caller.notify('lamp', 'note', [fields]);
    await new Promise((resolve) => setImmediate(resolve));

    expect(told).toEqual([{ revoked: '[object Unknown]', level: 3, moody: '[TypeError: not today]' }]);
  });

  it('asks for items of a stream one by one, only when somebody wants them', async () => {
    const pair = openPair({
      stuck: async function* () {
        yield 1;
        yield 2;
      },
    });
    const stream = pair.caller.stream('lamp', 'stuck', [], false);

    await stream.next();
    await stream.return?.();

    expect(pair.sent).toEqual(['open', 'credit', 'leave']);
  });
});
