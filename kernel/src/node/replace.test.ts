import { describe, expect, it } from '@jest/globals';
import { defineCapability } from '../plugin/capability.js';
import type { Plugin } from '../plugin/plugin.js';
import { many, optional } from '../plugin/requirement.js';
import {
  acme,
  bootOf,
  type Deferred,
  deferred,
  errorOf,
  Greeter,
  greeterPlugin,
  manifestFor,
  marker,
} from '../plugins.test.support.js';
import type { Change, Node } from './node.js';

/** Speaks in streams, says of itself how loud it is, and can be called in every way. */
interface Speaker {
  readonly volume: number;
  say(word: string): Promise<string>;
  count(from: number): AsyncIterable<string>;
  echo(words: AsyncIterable<string>): AsyncIterable<string>;
  note(word: string): void;
}
const Speaker = defineCapability<Speaker>()({
  id: 'speaker',
  version: '1.0.0',
  methods: { volume: 'fact', say: 'unary', count: 'stream-out', echo: 'duplex', note: 'notify' },
});

interface Stage {
  readonly log: string[];
  /** Settles what `say('wait')` waits for. */
  readonly gate: Deferred;
}

function speaker(name: string, { log, gate }: Stage, volume = 1): Plugin {
  return acme('speaker', {
    version: name === 'old' ? '1.0.0' : '2.0.0',
    provides: [Speaker],
    setup: ({ own }): Record<string, Speaker> => {
      let isOpen = true;
      const check = () => {
        if (!isOpen) throw new Error(`${name} was used after its release`);
      };
      own(() => {
        isOpen = false;
        log.push(`${name} released`);
      });
      return {
        speaker: {
          volume,
          async say(word) {
            check();
            if (word === 'wait') await gate.promise;
            check();
            return `${name}: ${word}`;
          },
          async *count(from) {
            for (let number = from; ; number++) {
              check();
              yield `${name}: ${number}`;
            }
          },
          async *echo(words) {
            for await (const word of words) {
              check();
              yield `${name}: ${word}`;
            }
          },
          note: (word) => void log.push(`${name} noted ${word}`),
        },
      };
    },
  });
}

const stage = (): Stage => ({ log: [], gate: deferred() });

async function nodeWith(plugins: readonly Plugin[]): Promise<Node> {
  return await bootOf(plugins, { replaceable: true });
}

/** 10,000 calls by 20 callers beside 100 open streams, with a change after every 2,000th call; how often each answer came. */
async function underLoad(
  node: Node,
  change: (round: number) => Promise<Change>,
): Promise<ReadonlyMap<string, number>> {
  const held = node.get(Speaker);
  const readers = Array.from({ length: 100 }, () => held.count(0)[Symbol.asyncIterator]());
  await Promise.all(readers.map((reader) => reader.next()));
  const changes: Promise<Change>[] = [];
  const answers = new Map<string, number>();
  const caller = async (_: unknown, number: number) => {
    for (let call = 0; call < 500; call++) {
      const answer = await held.say('hello');
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      if (number === 0 && call % 100 === 50) changes.push(change(changes.length + 1));
      const result = await readers[(number * 5 + call) % 100]?.next();
      if (result?.done !== false) throw new Error('a stream ended');
      if (call % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: 20 }, caller));
  await Promise.all(readers.map((reader) => reader.return?.()));
  await Promise.all(changes.map(async (one) => (await one).drained));
  return answers;
}

describe('replacing a plugin', () => {
  it('sends later calls to the new one, through the same object', async () => {
    const set = stage();
    await using node = await nodeWith([speaker('old', set)]);
    const held = node.get(Speaker);
    const before = await held.say('hello');

    const change = await node.replace('speaker', speaker('new', set, 7));
    await change.drained;

    held.note('this');
    expect([before, await held.say('hello'), held.volume]).toEqual(['old: hello', 'new: hello', 7]);
    expect(node.get(Speaker)).toBe(held);
    expect(set.log).toEqual(['old released', 'new noted this']);
    expect(node.plugins).toMatchObject([
      { plugin: 'speaker', version: '2.0.0', generation: 2, state: 'ready' },
    ]);
    expect(change).toMatchObject({ started: ['speaker'], stopped: ['speaker'] });
  });

  it('lets calls and streams finish where they began, and releases the old one only then', async () => {
    const set = stage();
    await using node = await nodeWith([speaker('old', set)]);
    const held = node.get(Speaker);
    const waiting = held.say('wait');
    const reader = held.count(1)[Symbol.asyncIterator]();
    await reader.next();

    const { drained } = await node.replace('speaker', speaker('new', set));

    expect(node.describe().draining).toEqual([{ plugin: 'speaker', generation: 1, calls: 2 }]);
    expect((await reader.next()).value).toBe('old: 2');
    set.gate.resolve();
    expect(await waiting).toBe('old: wait');
    expect(set.log).toEqual([]);
    await reader.return?.();
    await drained;
    expect(set.log).toEqual(['old released']);
    expect(node.describe().draining).toEqual([]);
  });

  it('fails none of 10,000 calls and 100 open streams', async () => {
    const set = stage();
    await using node = await nodeWith([speaker('old', set)]);

    const answers = await underLoad(node, (round) => node.replace('speaker', speaker(`new ${round}`, set)));

    expect([...answers.values()].reduce((sum, count) => sum + count, 0)).toBe(10_000);
    expect([...answers.keys()].toSorted()).toEqual([
      'new 1: hello',
      'new 2: hello',
      'new 3: hello',
      'new 4: hello',
      'new 5: hello',
      'old: hello',
    ]);
    expect(set.log).toHaveLength(5);
  });

  it('begins a stream with the call, and anew when its generation goes before the first read', async () => {
    const set = stage();
    const eager = (name: string) =>
      acme('speaker', {
        provides: [Speaker],
        setup: () => {
          const count = async function* () {
            yield name;
          };
          const speak = (from: number) => {
            set.log.push(`${name} counts from ${from}`);
            return count();
          };
          return { speaker: { volume: 1, say: async () => '', count: speak, echo: speak, note: () => 0 } };
        },
      });
    await using node = await nodeWith([eager('old')]);
    const stream = node.get(Speaker).count(1)[Symbol.asyncIterator]();
    const other = node.get(Speaker).count(2)[Symbol.asyncIterator]();
    const begun = [...set.log];

    const first = await stream.next();
    await node.replace('speaker', eager('new'));
    const second = await other.next();

    expect(begun).toEqual(['old counts from 1', 'old counts from 2']);
    expect([first.value, second.value]).toEqual(['old', 'new']);
  });

  it('keeps everything as it was when the new one does not start', async () => {
    const set = stage();
    await using node = await nodeWith([speaker('old', set)]);
    const held = node.get(Speaker);
    const broken = acme('speaker', {
      provides: [Speaker],
      setup: ({ own }) => {
        own(() => void set.log.push('broken released'));
        throw new Error('no microphone stand');
      },
    });

    const error = await errorOf(() => node.replace('speaker', broken));

    expect(error).toMatchObject({ code: 'KERNEL_CHANGE_FAILED' });
    expect(error.message).toContain('Tier test did not start');
    expect(await held.say('hello')).toBe('old: hello');
    expect(set.log).toEqual(['broken released']);
    expect(node.plugins).toMatchObject([{ generation: 1, state: 'ready' }]);
  });

  it('refuses what does not fit those who use it, before anything is touched', async () => {
    const set = stage();
    const user = acme('user', { requires: { speaker: Speaker } });
    await using node = await nodeWith([speaker('old', set), user]);

    const error = await errorOf(() => node.replace('speaker', greeterPlugin('speaker')));

    expect(error).toMatchObject({
      code: 'KERNEL_PLAN_INVALID',
      details: { problems: [{ code: 'KERNEL_CAPABILITY_MISSING' }] },
    });
    expect(await node.get(Speaker).say('hello')).toBe('old: hello');
  });

  it('is refused for a plugin that is not here, and on a node that was not booted for it', async () => {
    await using fixed = await bootOf([greeterPlugin('hello')]);
    await using node = await nodeWith([greeterPlugin('hello')]);

    const errors = [
      await errorOf(() => fixed.replace('hello', greeterPlugin('hello'))),
      await errorOf(() => node.replace('hallo', greeterPlugin('hello'))),
    ];

    expect(errors.map(({ code }) => code)).toEqual(['KERNEL_NOT_REPLACEABLE', 'KERNEL_PLUGIN_NOT_HERE']);
  });

  it('is what consumers see too, whatever form they asked in', async () => {
    const set = stage();
    const seen: Speaker[] = [];
    const user = acme('user', {
      requires: { one: Speaker, maybe: optional(Speaker), all: many(Speaker) },
      setup: ({ deps }) => {
        const { one, maybe, all } = deps as { one: Speaker; maybe: Speaker; all: readonly Speaker[] };
        seen.push(one, maybe, ...all);
      },
    });
    await using node = await nodeWith([speaker('old', set), user]);

    await node.replace('speaker', speaker('new', set));

    expect(await Promise.all(seen.map((one) => one.say('hello')))).toEqual(Array(3).fill('new: hello'));
  });

  it('sets consumers up again when facts that they may have read are others now', async () => {
    const set = stage();
    const volumes: number[] = [];
    const user = acme('user', {
      provides: [marker('user')],
      requires: { speaker: Speaker },
      setup: ({ deps }) => void volumes.push((deps['speaker'] as Speaker).volume),
    });
    const friend = acme('friend', { requires: { user: marker('user') } });
    await using node = await nodeWith([speaker('old', set, 1), user, friend]);

    const same = await node.replace('speaker', speaker('new', set, 1));
    const louder = await node.replace('speaker', speaker('new', set, 11));

    expect([same.started, louder.started]).toEqual([['speaker'], ['speaker', 'user']]);
    expect(volumes).toEqual([1, 11]);
  });

  it('aborts what is still going on after the time that draining may take', async () => {
    const set = stage();
    let reason: unknown;
    const old = acme('speaker', {
      provides: [Speaker],
      setup: ({ signal }) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
        });
        return {
          speaker: { volume: 1, say: () => set.gate.promise, count: () => [], echo: () => [], note: () => 0 },
        };
      },
    });
    await using node = await nodeWith([old]);
    const stuck = node.get(Speaker).say('wait');

    const { drained } = await node.replace('speaker', speaker('new', set), { drainTimeoutMs: 1 });
    await drained;

    expect(reason).toMatchObject({
      code: 'KERNEL_DRAIN_TIMEOUT',
      details: { plugin: 'speaker', waitedMs: 1 },
    });
    set.gate.resolve();
    await stuck;
  });

  it('tells what was replaced why it has to go', async () => {
    const set = stage();
    let reason: unknown;
    const old = acme('speaker', {
      provides: [Speaker],
      setup: ({ signal }) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
        });
        return {
          speaker: { volume: 1, say: async () => '', count: () => [], echo: () => [], note: () => 0 },
        };
      },
    });
    await using node = await nodeWith([old]);

    const { drained } = await node.replace('speaker', speaker('new', set));
    await drained;

    expect(reason).toMatchObject({ code: 'KERNEL_PLUGIN_REPLACED' });
  });

  it('ends when the node stops, with everything released', async () => {
    const set = stage();
    const node = await nodeWith([speaker('old', set)]);
    const reader = node.get(Speaker).count(0)[Symbol.asyncIterator]();
    await reader.next();
    const { drained } = await node.replace('speaker', speaker('new', set));

    await node.stop();
    await drained;

    expect(set.log).toEqual(['old released', 'new released']);
    expect((await errorOf(() => node.replace('speaker', speaker('new', set)))).code).toBe(
      'KERNEL_NODE_STOPPED',
    );
  });

  it('is given up when its caller wants it, and undone', async () => {
    const set = stage();
    await using node = await nodeWith([speaker('old', set)]);
    const controller = new AbortController();
    const slow = acme('speaker', {
      provides: [Speaker],
      setup: async ({ signal }) => {
        controller.abort(new Error('never mind'));
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });

    const error = await errorOf(() => node.replace('speaker', slow, { signal: controller.signal }));

    expect(error).toMatchObject({ code: 'KERNEL_CHANGE_FAILED', cause: { code: 'KERNEL_BOOT_ABORTED' } });
    expect(await node.get(Speaker).say('hello')).toBe('old: hello');
  });
});

describe('reloading a manifest', () => {
  const tier = (plugins: readonly Plugin[], entries = {}, more = {}) => ({
    ...manifestFor(plugins, entries),
    ...more,
  });

  it('starts what is new, stops what is gone, replaces what differs, and leaves the rest alone', async () => {
    const log: string[] = [];
    const witness = (name: string, requires = {}) =>
      acme(name, {
        provides: [marker(name)],
        requires,
        setup: ({ own }) => {
          log.push(`${name} up`);
          own(() => void log.push(`${name} down`));
          return { [name]: {} };
        },
      });
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => witness(name));
    const rest = witness('rest', { a: marker('a') });
    if (!a || !b || !c || !d) throw new Error('Four plugins were made.');
    const all = [a, b, c, d, rest];
    await using node = await bootOf([a, b, c, rest], { replaceable: true });
    log.length = 0;
    const louder = { ...c, setup: c.setup };

    const change = await node.reload(tier([a, c, d, rest]), { plugins: [a, louder, d, rest] });
    await change.drained;

    expect(log).toEqual(['c up', 'd up', 'c down', 'b down']);
    expect(change).toMatchObject({ started: ['c', 'd'], stopped: ['b', 'c'] });
    expect(node.plan.plugins.map(({ key }) => key).toSorted()).toEqual(['a', 'c', 'd', 'rest']);
    expect(all).toHaveLength(5);
  });

  it('fails none of 10,000 calls and 100 open streams', async () => {
    const set = stage();
    const lamps = [greeterPlugin('lamp'), greeterPlugin('torch')];
    const plugins = (round: number) => [speaker(`new ${round}`, set), ...lamps.slice(round % 2)];
    await using node = await nodeWith([speaker('old', set), ...lamps.slice(1)]);

    const answers = await underLoad(node, (round) =>
      node.reload(tier(plugins(round)), { plugins: plugins(round) }),
    );

    expect([...answers.values()].reduce((sum, count) => sum + count, 0)).toBe(10_000);
    expect(answers.size).toBe(6);
    expect(node.plugins.map(({ plugin }) => plugin).toSorted()).toEqual(['speaker', 'torch']);
    expect(set.log).toHaveLength(5);
  });

  it('connects a consumer anew when someone else serves it', async () => {
    const set = stage();
    const seen: string[] = [];
    const loud = { ...speaker('new', set), name: '@acme/loud' };
    const user = acme('user', {
      requires: { speaker: Speaker },
      setup: async ({ deps }) => void seen.push(await (deps['speaker'] as Speaker).say('hello')),
    });
    const plugins = [speaker('old', set), loud, user];
    const bound = (to: string) => tier(plugins, {}, { bind: { speaker: to } });
    await using node = await bootOf(plugins, { replaceable: true, bind: { speaker: 'speaker' } });

    const change = await node.reload(bound('loud'));

    expect(seen).toEqual(['old: hello', 'new: hello']);
    expect(change.started).toEqual(['user']);
    expect(await node.get(Speaker).say('hello')).toBe('new: hello');
  });

  it('changes nothing where nothing differs', async () => {
    const plugins = [greeterPlugin('hello'), acme('host', { requires: { greeter: Greeter } })];
    await using node = await bootOf(plugins, { replaceable: true });

    const change = await node.reload(tier(plugins));

    expect(change).toMatchObject({ started: [], stopped: [] });
  });

  it('refuses a manifest with problems, and goes on', async () => {
    await using node = await nodeWith([greeterPlugin('hello')]);

    const error = await errorOf(() => node.reload({ tier: 'test', plugins: { gone: {} } }));

    expect(error.code).toBe('KERNEL_PLAN_INVALID');
    expect(node.state).toBe('ready');
  });

  it('undoes everything when one of several new plugins does not start', async () => {
    const set = stage();
    const bad = acme('bad', {
      requires: { speaker: Speaker },
      setup: () => {
        throw new Error('no');
      },
    });
    const plugins = [speaker('old', set)];
    await using node = await nodeWith(plugins);
    const next = [speaker('new', set), bad];

    const error = await errorOf(() => node.reload(tier(next), { plugins: next }));

    expect(error).toMatchObject({ code: 'KERNEL_CHANGE_FAILED' });
    expect(await node.get(Speaker).say('hello')).toBe('old: hello');
    expect(node.plugins.map(({ plugin }) => plugin)).toEqual(['speaker']);
    expect(set.log).toEqual(['new released']);
  });

  it('does one change after the other', async () => {
    const set = stage();
    await using node = await nodeWith([speaker('old', set)]);

    const changes = await Promise.all([
      node.replace('speaker', speaker('new 1', set)),
      node.replace('speaker', speaker('new 2', set)),
      node.replace('speaker', speaker('new 3', set)),
    ]);
    await Promise.all(changes.map(({ drained }) => drained));

    expect(set.log).toEqual(['old released', 'new 1 released', 'new 2 released']);
    expect(await node.get(Speaker).say('hello')).toBe('new 3: hello');
  });
});
