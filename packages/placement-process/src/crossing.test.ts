import { getEventListeners } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { isTiercelError, type Node, type PluginEntryData, TiercelError } from '@tiercel/kernel';
import {
  bootFixtures,
  collect,
  errorOf,
  inline,
  Probe,
  placed,
  Relay,
  removeFixtureFolder,
} from './fixtures.test.support.js';

/** Gives numbers for as long as it is read, and tells what its reader did. */
class Numbers implements AsyncIterable<number> {
  given = 0;
  closed = 0;
  readonly #upTo: number;

  constructor(upTo = Number.POSITIVE_INFINITY) {
    this.#upTo = upTo;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    try {
      while (this.given < this.#upTo) yield this.given++;
    } finally {
      this.closed++;
    }
  }
}

/** Gives one number and then stays silent for ever. */
class SilentNumbers implements AsyncIterable<number> {
  isClosed = false;
  readonly isDry: Promise<void>;
  #dry: () => void = () => undefined;

  constructor() {
    this.isDry = new Promise((resolve) => {
      this.#dry = resolve;
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<number> {
    let given = 0;
    return {
      next: async () => {
        if (given++ === 0) return { done: false, value: 1 };
        this.#dry();
        return await new Promise<never>(() => undefined);
      },
      return: async () => {
        this.isClosed = true;
        return { done: true, value: undefined };
      },
    };
  }
}

interface Case {
  readonly title: string;
  readonly plugins: Readonly<Record<string, PluginEntryData>>;
  readonly token: typeof Probe;
}

const cases: readonly Case[] = [
  { title: 'a provider in a child', plugins: { probe: placed('probe') }, token: Probe },
  {
    title: 'a provider in a child that passes everything on to its parent',
    plugins: { relay: placed('relay'), probe: inline('probe') },
    token: Relay,
  },
  {
    title: 'a provider in a child that passes everything on to another child',
    plugins: { relay: placed('relay'), probe: placed('probe') },
    token: Relay,
  },
];

describe.each(cases)('$title', ({ plugins, token }) => {
  let node: Node;
  let probe: Probe;

  beforeAll(async () => {
    node = await bootFixtures(plugins);
    probe = node.get(token);
  });

  afterEach(async () => {
    expect(node.state).toBe('ready');
  });

  afterAll(async () => {
    await node.stop();
    removeFixtureFolder();
  });

  it('states its facts', () => {
    expect(probe.info).toMatchObject({ greeting: 'hello', pid: expect.any(Number) });
  });

  describe('calls', () => {
    it('carry arguments and results', async () => {
      const value = { text: 'ü', list: [1, undefined, null], when: new Date(0), map: new Map([['a', 1n]]) };

      expect(await probe.echo(value)).toEqual(value);
      expect(await probe.echo('one', 2, undefined)).toEqual(['one', 2, undefined]);
      expect(await probe.echo(undefined)).toBeUndefined();
    });

    it('carry samples as samples, and only those that a view shows', async () => {
      const samples = new Int16Array(1000).map((_, index) => index - 500);

      const frame = (await probe.echo({ pcm: samples.subarray(10, 20) })) as { readonly pcm: Int16Array };

      expect(Object.prototype.toString.call(frame.pcm)).toBe('[object Int16Array]');
      expect([...frame.pcm]).toEqual([...samples.subarray(10, 20)]);
    });

    it('go on side by side, each with its own answer', async () => {
      const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => probe.echo(index)));

      expect(answers).toEqual(Array.from({ length: 500 }, (_, index) => index));
    });

    it('fail with the code, the details, the cause and whether to try again', async () => {
      const error = await errorOf(() => probe.fail('typed'));

      expect(isTiercelError(error, 'PROBE_FAILED')).toBe(true);
      expect(error).toMatchObject({
        name: 'TiercelError',
        message: 'The probe failed.',
        details: { depth: 3 },
        retryable: true,
      });
      expect(error.cause).toBeInstanceOf(TypeError);
      expect(error.cause).toMatchObject({ message: 'the root of it' });
      expect(error.stack).toContain('probe.js');
    });

    it('fail with errors of the language, of the system and of the platform as they were', async () => {
      const range = await errorOf(() => probe.fail('range'));
      const system = await errorOf(() => probe.fail('system'));
      const dom = await errorOf(() => probe.fail('dom'));
      const value = await errorOf(() => probe.fail('value'));

      expect(range).toBeInstanceOf(RangeError);
      expect(system).toMatchObject({ message: 'no such file', code: 'ENOENT', errno: -2 });
      expect(dom).toMatchObject({ name: 'TimeoutError', message: 'too slow' });
      expect(value).toEqual({ just: 'data' });
    });

    it('take an error for an argument', async () => {
      const error = new TiercelError('LAMP_BROKEN', 'The lamp is broken.');

      const echoed = await probe.echo(error.message, { error });

      expect(echoed).toMatchObject(['The lamp is broken.', { error: expect.any(Object) }]);
    });

    it('refuse an argument that cannot be cloned, and name the member', async () => {
      const error = await errorOf(() => probe.echo({ deep: { in: () => undefined } }));

      expect(error).toMatchObject({
        code: 'PLACEMENT_VALUE_UNCLONEABLE',
        details: { member: 'echo', what: 'An argument' },
        retryable: false,
      });
      expect(await probe.echo('still here')).toBe('still here');
    });

    it('refuse a result that cannot be cloned, and name the member', async () => {
      // A relay inside this process gets the function and fails to pass it on; the outcome is the same.
      const error = await errorOf(() => probe.fail('function'));

      expect(error).toMatchObject({
        code: 'PLACEMENT_VALUE_UNCLONEABLE',
        details: { member: 'fail', what: 'The result' },
      });
      expect(await probe.echo('still here')).toBe('still here');
    });

    it('tell a callback what happens, in order, before they end', async () => {
      const parts: unknown[] = [];
      const controller = new AbortController();
      const told = new Promise<void>((resolve) => {
        const progress = (part: unknown) => {
          if (parts.push(part) === 2) resolve();
        };
        probe.wait({ signal: controller.signal, progress }).catch(() => undefined);
      });

      await told;
      controller.abort();

      expect(parts).toEqual([{ step: 1 }, { step: 2 }]);
    });

    it('do not mind a callback that throws', async () => {
      const controller = new AbortController();
      const waiting = probe.wait({
        signal: controller.signal,
        progress: () => {
          throw new Error('a bug of the caller');
        },
      });

      expect(await probe.echo('next')).toBe('next');
      controller.abort(new Error('enough'));

      await expect(waiting).rejects.toThrow('enough');
    });
  });

  describe('an abort', () => {
    it('ends a call with the very reason of the caller, and reaches the provider as a typed one', async () => {
      const controller = new AbortController();
      const reason = new TiercelError('TURN_INTERRUPTED', 'The turn was interrupted.');
      const before = (await probe.seen()).aborts.length;
      const waiting = probe.wait({ signal: controller.signal });

      controller.abort(reason);

      await expect(waiting).rejects.toBe(reason);
      expect((await probe.seen()).aborts.slice(before)).toEqual(['TURN_INTERRUPTED']);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    it('carries the reasons of the platform', async () => {
      const before = (await probe.seen()).aborts.length;

      const error = await errorOf(() => probe.wait({ signal: AbortSignal.timeout(1) }));

      expect(error.name).toBe('TimeoutError');
      expect((await probe.seen()).aborts.slice(before)).toEqual(['TimeoutError']);
    });

    it('that came before refuses a call without bothering the provider', async () => {
      const before = (await probe.seen()).aborts.length;
      const reason = new Error('too late');

      await expect(probe.wait({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

      expect((await probe.seen()).aborts.length).toBe(before);
    });

    it('ends a stream with the very reason of the caller', async () => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const numbers = probe.count(1000, { signal: controller.signal })[Symbol.asyncIterator]();
      await numbers.next();

      controller.abort(reason);

      await expect(numbers.next()).rejects.toBe(reason);
      expect(await numbers.next()).toEqual({ done: true, value: undefined });
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    it('that came before ends a stream at its first read', async () => {
      const reason = new Error('too late');

      await expect(collect(probe.count(3, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    });

    it('lets a stream end in its own way', async () => {
      const controller = new AbortController();
      const events: string[] = [];

      for await (const event of probe.events({ signal: controller.signal })) {
        events.push(event);
        controller.abort();
      }

      expect(events).toEqual(['begin', 'interrupted']);
    });

    it('closes the streams that were given to a call', async () => {
      const controller = new AbortController();
      const numbers = new SilentNumbers();
      const doubled = collect(probe.double(numbers, { signal: controller.signal }));
      await numbers.isDry;

      controller.abort(new Error('enough'));

      await expect(doubled).rejects.toThrow('enough');
      expect(numbers.isClosed).toBe(true);
    });

    it('leaves no listener on a signal once everything is over', async () => {
      const controller = new AbortController();
      const { signal } = controller;

      await collect(probe.count(3, { signal }));
      await collect(probe.double(new Numbers(3), { signal }));
      for await (const _ of probe.count(3, { signal })) break;
      await probe.echo('with a signal', { signal });

      expect(getEventListeners(signal, 'abort')).toEqual([]);
    });
  });

  describe('streams', () => {
    it('give their items in order, and end', async () => {
      expect(await collect(probe.count(100))).toEqual(Array.from({ length: 100 }, (_, index) => index));
    });

    it('do not run before they are read, and only as far as they are read', async () => {
      const before = (await probe.seen()).produced;
      const numbers = probe.count(1000)[Symbol.asyncIterator]();
      const unread = (await probe.seen()).produced - before;

      await numbers.next();
      await numbers.next();
      await probe.echo('a while later');

      expect(unread).toBe(0);
      expect((await probe.seen()).produced - before).toBe(2);
      await numbers.return?.();
    });

    it('free everything when their reader leaves', async () => {
      const before = (await probe.seen()).closed;

      for await (const number of probe.count(1000)) if (number === 2) break;

      expect((await probe.seen()).closed - before).toBe(1);
    });

    it('fail with a typed error, after what they gave before', async () => {
      const items: unknown[] = [];

      const error = await errorOf(async () => {
        for await (const item of probe.count(9, { failAt: 2 })) items.push(item);
      });

      expect(items).toEqual([0, 1]);
      expect(error).toMatchObject({ code: 'PROBE_COUNT_FAILED', message: 'Cannot count to 2.' });
    });

    it('answer reads that are asked for all at once', async () => {
      const numbers = probe.count(3)[Symbol.asyncIterator]();

      const results = await Promise.all(Array.from({ length: 5 }, () => numbers.next()));

      expect(results.map(({ value }) => value)).toEqual([0, 1, 2, undefined, undefined]);
    });

    it('can be left before they are read, and read after their end', async () => {
      const left = probe.count(3)[Symbol.asyncIterator]();
      const ended = probe.count(0)[Symbol.asyncIterator]();

      await left.return?.();
      await ended.next();

      expect(await left.next()).toEqual({ done: true, value: undefined });
      expect(await ended.next()).toEqual({ done: true, value: undefined });
    });
  });

  describe('streams that are given to a call', () => {
    it('are read to their end', async () => {
      const numbers = new Numbers(100);

      expect(await probe.sum(numbers)).toBe(4950);
      expect(numbers).toMatchObject({ given: 100, closed: 1 });
    });

    it('are read no further than a small window ahead', async () => {
      const numbers = new Numbers();
      const doubled = probe.double(numbers)[Symbol.asyncIterator]();

      for (let read = 0; read < 3; read++) await doubled.next();
      await probe.echo('a while later');

      // 8 for each time that the stream crosses, which is up to three times.
      expect(numbers.given).toBeGreaterThanOrEqual(3);
      expect(numbers.given).toBeLessThanOrEqual(3 + 3 * 9);
      await doubled.return?.();
      expect(numbers.closed).toBe(1);
    });

    it('are closed when the provider stops early', async () => {
      const numbers = new Numbers();

      const sum = await probe.sum(numbers, { stopAt: 3 });

      expect(sum).toBe(6);
      expect(numbers.closed).toBe(1);
    });

    it('are not touched when the result is never read', async () => {
      const numbers = new Numbers();

      const doubled = probe.double(numbers)[Symbol.asyncIterator]();
      await doubled.return?.();

      expect(numbers.given).toBe(0);
    });

    it('pass their errors on', async () => {
      const gone = new TiercelError('MICROPHONE_GONE', 'The microphone is gone.', { retryable: true });
      const failing = async function* () {
        yield 1;
        throw gone;
      };

      await expect(probe.sum(failing())).rejects.toBe(gone);
      await expect(collect(probe.double(failing()))).rejects.toBe(gone);
    });

    it('may hold something that cannot be cloned, which fails the call', async () => {
      const odd = (async function* () {
        yield (() => undefined) as unknown as number;
      })();

      expect(await errorOf(() => probe.sum(odd))).toMatchObject({ code: 'PLACEMENT_VALUE_UNCLONEABLE' });
    });

    it('go in and out at the same time', async () => {
      const doubled = await collect(probe.double(new Numbers(50)));

      expect(doubled).toEqual(Array.from({ length: 50 }, (_, index) => index * 2));
    });
  });

  describe('notifications', () => {
    it('arrive in order, before later calls', async () => {
      const before = (await probe.seen()).notes.length;

      probe.note('first', { n: 1 });
      probe.note('second');
      const { notes } = await probe.seen();

      expect(notes.slice(before)).toEqual([
        ['first', { n: 1 }],
        ['second', undefined],
      ]);
    });

    it('carry errors with their code', async () => {
      probe.note('failed', { error: new TiercelError('LAMP_BROKEN', 'The lamp is broken.') });

      expect((await probe.seen()).notes.at(-1)).toEqual(['failed', 'LAMP_BROKEN', true]);
    });

    it('never fail: what cannot be cloned becomes a text', async () => {
      probe.note('odd', { fine: 1, odd: { call: () => undefined } });

      expect((await probe.seen()).notes.at(-1)).toEqual(['odd', { fine: 1, odd: '[object Object]' }]);
    });
  });
});
