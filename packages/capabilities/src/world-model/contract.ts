import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isHlc } from './hybrid-clock.js';
import { worldLimits } from './world-limits.js';
import type { WorldChange, WorldEntry, WorldModel } from './world-model.js';
import { isAtOrBelow } from './world-rules.js';

export interface OpenWorldModel {
  readonly provider: WorldModel;
  close(): Promise<void> | void;
  /** Moves the provider's clock and lets it act. Without it the rules about time are left out. */
  advance?(ms: number): Promise<void>;
}

const origin = 'contract';

/** Rules that every world model keeps. `open` makes an empty store for each case. */
export function describeWorldModelContract(
  title: string,
  open: () => Promise<OpenWorldModel> | OpenWorldModel,
  options: { readonly hasTime?: boolean } = {},
): void {
  describe(`${title} as WorldModel`, () => {
    const opened: OpenWorldModel[] = [];
    const openStore = async () => {
      const store = await open();
      opened.push(store);
      return store;
    };
    const openWorld = async () => (await openStore()).provider;
    afterEach(async () => {
      for (const store of opened.splice(0).reverse()) await store.close();
    });

    it('gives back what was observed, with its origin, and nothing for an unknown key', async () => {
      const world = await openWorld();

      const stored = await world.observe({ key: 'device/lamp/state', value: { on: true }, origin });
      const entry = await world.get('device/lamp/state');
      const unknown = await world.get('device/lamp');

      expect(entry).toEqual(stored);
      expect(entry).toMatchObject({ key: 'device/lamp/state', value: { on: true }, origin });
      expect(unknown).toBeUndefined();
    });

    it('raises the revision with every change and keeps its epoch', async () => {
      const world = await openWorld();

      const first = await world.observe({ key: 'a', value: 1, origin });
      const second = await world.observe({ key: 'b', value: 1, origin });
      await world.forget('a', { origin });
      const third = await world.observe({ key: 'a', value: 1, origin });

      expect(first.revision).toBeGreaterThan(0);
      expect(second.revision).toBeGreaterThan(first.revision);
      expect(third.revision).toBeGreaterThan(second.revision + 1);
      expect(new Set([first.epoch, second.epoch, third.epoch]).size).toBe(1);
    });

    it('shares no value with the caller', async () => {
      const world = await openWorld();
      const value = { list: [1] };

      await world.observe({ key: 'a', value, origin });
      value.list.push(2);

      expect((await world.get('a'))?.value).toEqual({ list: [1] });
    });

    it('keeps a key "__proto__" inside a value as data', async () => {
      const world = await openWorld();
      const value: unknown = JSON.parse('{"__proto__": {"on": true}}');

      await world.observe({ key: 'a', value, origin });

      expect(JSON.stringify((await world.get('a'))?.value)).toBe('{"__proto__":{"on":true}}');
    });

    it('keeps a value and the entries below it apart', async () => {
      const world = await openWorld();

      await world.observe({ key: 'telemetry/lamp', value: 'on', origin });
      await world.observe({ key: 'telemetry/lamp/power', value: 4, origin });
      await world.forget('telemetry/lamp', { origin });

      expect(await world.get('telemetry/lamp')).toBeUndefined();
      expect((await world.get('telemetry/lamp/power'))?.value).toBe(4);
    });

    it('refuses keys that are not segments joined by slashes', async () => {
      const world = await openWorld();
      const wrong = ['', '/', 'a/', '/a', 'a//b', 'a b', 'ä', '$value', 'a'.repeat(201), 'a/b/c/d/e/f/g/h/i'];

      for (const key of wrong) {
        await expect(world.observe({ key, value: 1, origin })).rejects.toMatchObject({
          code: 'WORLD_MODEL_KEY_INVALID',
        });
      }
      await world.observe({ key: 'a/b/c/d/e/f/g/h', value: 1, origin });
      await world.observe({ key: 'a'.repeat(200), value: 1, origin });

      expect((await world.snapshot()).entries).toHaveLength(2);
    });

    it('refuses values that are not JSON, too deep or too large', async () => {
      const world = await openWorld();
      const circle: { self?: unknown } = {};
      circle.self = circle;
      const wrong = [
        undefined,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        10n,
        new Map(),
        { when: undefined },
        [1, undefined],
        circle,
        nested(worldLimits.valueDepth + 1),
        'x'.repeat(worldLimits.valueBytes - 1),
        'é'.repeat(worldLimits.valueBytes / 2),
      ];
      // A provider in another process does not get to see these, so they are refused on the way there.
      const unsendable = [() => 1, Symbol('s')];

      for (const value of wrong) {
        await expect(world.observe({ key: 'a', value, origin })).rejects.toMatchObject({
          code: 'WORLD_MODEL_VALUE_INVALID',
        });
      }
      for (const value of unsendable) {
        await expect(world.observe({ key: 'a', value, origin })).rejects.toMatchObject({
          code: expect.stringMatching(/^(WORLD_MODEL_VALUE_INVALID|PLACEMENT_VALUE_UNCLONEABLE)$/),
        });
      }
      await world.observe({ key: 'deep', value: nested(worldLimits.valueDepth), origin });
      await world.observe({ key: 'large', value: 'x'.repeat(worldLimits.valueBytes - 2), origin });

      expect(await world.get('a')).toBeUndefined();
    });

    it('refuses a lifetime that is not a whole number of milliseconds above 0', async () => {
      const world = await openWorld();

      for (const ttlMs of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await expect(world.observe({ key: 'a', value: 1, origin, ttlMs })).rejects.toMatchObject({
          code: 'WORLD_MODEL_VALUE_INVALID',
        });
      }
    });

    it('writes with baseRevision only over the revision it names, 0 meaning none', async () => {
      const world = await openWorld();

      const first = await world.observe({ key: 'a', value: 1, origin, baseRevision: 0 });
      await expect(world.observe({ key: 'a', value: 2, origin, baseRevision: 0 })).rejects.toMatchObject({
        code: 'WORLD_MODEL_CONFLICT',
        details: { currentRevision: first.revision },
      });
      const second = await world.observe({ key: 'a', value: 3, origin, baseRevision: first.revision });

      expect(await world.get('a')).toEqual(second);
    });

    it('lets exactly one of several writers with the same baseRevision win', async () => {
      const world = await openWorld();

      const outcomes = await Promise.allSettled(
        [1, 2, 3, 4].map((value) => world.observe({ key: 'a', value, origin, baseRevision: 0 })),
      );

      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('says whether there was something to forget', async () => {
      const world = await openWorld();
      await world.observe({ key: 'a', value: 1, origin });

      expect([await world.forget('a', { origin }), await world.forget('a', { origin })]).toEqual([
        true,
        false,
      ]);
      expect(await world.get('a')).toBeUndefined();
    });

    it('snapshots what is at or below a prefix, sorted by key', async () => {
      const world = await openWorld();
      for (const key of ['b', 'a/c', 'a/b/d', 'a', 'ab', 'a-b', 'a.b', 'a0']) {
        await world.observe({ key, value: key, origin });
      }

      const part = await world.snapshot('a');
      const all = await world.snapshot();

      expect(part.entries.map(({ key }) => key)).toEqual(['a', 'a/b/d', 'a/c']);
      expect(all.entries.map(({ key }) => key)).toEqual(['a', 'a-b', 'a.b', 'a/b/d', 'a/c', 'a0', 'ab', 'b']);
      expect((await world.snapshot('nothing/here')).entries).toEqual([]);
    });

    it('leaves a snapshot as it was when the store moves on', async () => {
      const world = await openWorld();
      await world.observe({ key: 'a', value: 1, origin });

      const before = await world.snapshot();
      await world.observe({ key: 'a', value: 2, origin });
      await world.forget('a', { origin });

      expect(before.entries.map(({ value }) => value)).toEqual([1]);
    });

    it('tells a watcher every change below its prefix, in order, from the call of watch on', async () => {
      const world = await openWorld();
      await world.observe({ key: 'device/lamp', value: 'old', origin });

      const watching = world.watch('device');
      const put = await world.observe({ key: 'device/lamp', value: 'new', origin });
      await world.observe({ key: 'other', value: 1, origin });
      await world.forget('device/lamp', { origin });
      const changes = await take(watching, 2);

      expect(changes).toEqual([
        { type: 'entry-put', entry: put },
        {
          type: 'entry-forgotten',
          key: 'device/lamp',
          revision: expect.any(Number),
          epoch: put.epoch,
          origin,
          timeMs: expect.any(Number),
          hlc: expect.any(String),
        },
      ]);
    });

    it('wakes a watcher that waits', async () => {
      const world = await openWorld();

      const waiting = take(world.watch(''), 1);
      const entry = await world.observe({ key: 'a', value: 1, origin });

      expect(await waiting).toEqual([{ type: 'entry-put', entry }]);
    });

    it('goes on from a snapshot without a gap or a repeat', async () => {
      const world = await openWorld();
      await world.observe({ key: 'a', value: 1, origin });
      const { revision } = await world.snapshot();
      const entry = await world.observe({ key: 'b', value: 2, origin });

      const changes = await take(world.watch('', { after: revision }), 1);

      expect(changes).toEqual([{ type: 'entry-put', entry }]);
    });

    it('sends one reset to a reader that is more than 1,024 changes behind, then goes on', async () => {
      const world = await openWorld();
      const watching = world.watch('');
      await observeMany(world, worldLimits.changes + 1);

      const iterator = watching[Symbol.asyncIterator]();
      const first = await iterator.next();
      const entry = await world.observe({ key: 'a', value: 'later', origin });
      const second = await iterator.next();
      await iterator.return?.();

      expect(first.value).toEqual({ type: 'reset', epoch: entry.epoch });
      expect(second.value).toEqual({ type: 'entry-put', entry });
    });

    it('keeps 1,024 changes for a slow reader', async () => {
      const world = await openWorld();
      const watching = world.watch('');
      await observeMany(world, worldLimits.changes);

      const changes = await take(watching, worldLimits.changes);

      const values = changes.map((change) => (change.type === 'entry-put' ? Number(change.entry.value) : -1));
      expect(values.sort((a, b) => a - b)).toEqual(
        Array.from({ length: worldLimits.changes }, (_, value) => value),
      );
    });

    it('sends a reset to a reader that knows a later revision than the store', async () => {
      const world = await openWorld();

      const changes = await take(world.watch('', { after: 1_000_000 }), 1);

      expect(changes).toMatchObject([{ type: 'reset' }]);
    });

    it('ends a watch with the reason of its signal, also while it waits', async () => {
      const world = await openWorld();
      const reason = new Error('enough');
      const controller = new AbortController();

      const waiting = take(world.watch('', { signal: controller.signal }), 1);
      controller.abort(reason);

      await expect(waiting).rejects.toBe(reason);
      await expect(take(world.watch('', { signal: controller.signal }), 1)).rejects.toBe(reason);
    });

    it('lets several watchers read at their own pace', async () => {
      const world = await openWorld();
      const slow = world.watch('');
      const fast = world.watch('');
      await world.observe({ key: 'a', value: 1, origin });
      await world.observe({ key: 'a', value: 2, origin });

      const fastChanges = await take(fast, 2);
      const slowChanges = await take(slow, 2);

      expect(slowChanges).toEqual(fastChanges);
    });

    it('stamps observations of one key in the order in which they were made', async () => {
      const world = await openWorld();

      const first = await world.observe({ key: 'a', value: 1, origin });
      const second = await world.observe({ key: 'a', value: 2, origin });

      expect([isHlc(first.hlc), first.hlc < second.hlc]).toEqual([true, true]);
    });

    it('takes the time of an observation that was made on another node', async () => {
      const world = await openWorld();
      const { timeMs } = await world.observe({ key: 'now', value: 1, origin });
      const hlc = hlcAt(timeMs - 2_000);

      const entry = await world.observe({ key: 'a', value: 1, origin, hlc, timeMs: timeMs - 1_000 });

      expect([entry.hlc, entry.timeMs]).toEqual([hlc, timeMs - 1_000]);
    });

    it('changes nothing when the same observation comes again', async () => {
      const world = await openWorld();
      const { timeMs, revision } = await world.observe({ key: 'now', value: 1, origin });
      const observation = { key: 'a', value: 1, origin, hlc: hlcAt(timeMs) };

      const first = await world.observe(observation);
      const again = await world.observe({ ...observation, baseRevision: 0 });

      expect(again).toEqual(first);
      expect((await world.snapshot()).revision).toBe(revision + 1);
    });

    it('refuses an observation that is older than what is known', async () => {
      const world = await openWorld();
      const { timeMs } = await world.observe({ key: 'now', value: 1, origin });
      await world.observe({ key: 'a', value: 'newer', origin, hlc: hlcAt(timeMs, 'b') });

      for (const hlc of [hlcAt(timeMs - 1, 'z'), hlcAt(timeMs, 'a')]) {
        await expect(world.observe({ key: 'a', value: 'older', origin, hlc })).rejects.toMatchObject({
          code: 'WORLD_MODEL_SUPERSEDED',
        });
        await expect(world.forget('a', { origin, hlc })).rejects.toMatchObject({
          code: 'WORLD_MODEL_SUPERSEDED',
        });
      }
      await world.observe({ key: 'a', value: 'newest', origin, hlc: hlcAt(timeMs, 'c') });

      expect((await world.get('a'))?.value).toBe('newest');
    });

    it('does not bring back what was forgotten later, however late the news comes', async () => {
      const world = await openWorld();
      const { timeMs } = await world.observe({ key: 'a', value: 1, origin });
      await world.forget('a', { origin });
      await world.forget('b', { origin, hlc: hlcAt(timeMs) });

      for (const key of ['a', 'b']) {
        await expect(
          world.observe({ key, value: 'late', origin, hlc: hlcAt(timeMs - 1) }),
        ).rejects.toMatchObject({ code: 'WORLD_MODEL_SUPERSEDED' });
      }

      expect([await world.get('a'), await world.get('b')]).toEqual([undefined, undefined]);
    });

    it('does not believe a clock that is more than five minutes ahead', async () => {
      const world = await openWorld();
      const { timeMs } = await world.observe({ key: 'now', value: 1, origin });
      const tomorrow = timeMs + 86_400_000;

      const entry = await world.observe({
        key: 'a',
        value: 1,
        origin,
        hlc: hlcAt(tomorrow),
        timeMs: tomorrow,
      });
      const next = await world.observe({ key: 'a', value: 2, origin });

      expect(entry.timeMs).toBeLessThan(tomorrow - 60_000);
      expect(next.hlc > entry.hlc).toBe(true);
    });

    it('refuses a time that is none', async () => {
      const world = await openWorld();
      const wrong = [
        { hlc: '' },
        { hlc: 'yesterday' },
        { timeMs: -1 },
        { timeMs: 0.5 },
        { timeMs: Number.NaN },
      ];

      for (const time of wrong) {
        await expect(world.observe({ key: 'a', value: 1, origin, ...time })).rejects.toMatchObject({
          code: 'WORLD_MODEL_VALUE_INVALID',
        });
      }
    });

    it('forgets with baseRevision only the revision it names', async () => {
      const world = await openWorld();
      const { revision } = await world.observe({ key: 'a', value: 1, origin });
      await world.observe({ key: 'a', value: 2, origin });

      await expect(world.forget('a', { origin, baseRevision: revision })).rejects.toMatchObject({
        code: 'WORLD_MODEL_CONFLICT',
      });

      expect((await world.get('a'))?.value).toBe(2);
    });

    it('remembers what has changed, in order', async () => {
      const world = await openWorld();
      const { revision } = await world.snapshot();
      const first = await world.observe({ key: 'a/b', value: 1, origin });
      await world.observe({ key: 'c', value: 1, origin });
      const second = await world.observe({ key: 'a/b', value: 2, origin });
      await world.forget('a/b', { origin });

      const all = await world.history('a', { after: revision });
      const page = await world.history('', { after: revision, limit: 2 });
      const rest = await world.history('', { after: second.revision });

      expect(all.records).toMatchObject([
        { type: 'entry-put', entry: first },
        { type: 'entry-put', entry: second },
        { type: 'entry-forgotten', key: 'a/b', origin },
      ]);
      expect(page.records).toHaveLength(2);
      expect(rest.records).toMatchObject([{ type: 'entry-forgotten' }]);
      expect(all.forgottenUpTo).toBeLessThanOrEqual(revision);
    });

    it('behaves like a map of keys, whatever the order of calls', async () => {
      const world = await openWorld();
      let runs = 0;

      await fc.assert(
        fc.asyncProperty(fc.array(anyCall, { maxLength: 40 }), async (calls) => {
          runs += 1;
          await runBesideMap(world, `run-${runs}`, calls);
        }),
        { numRuns: 16 },
      );
    });

    if (options.hasTime ?? true) {
      it('forgets an entry when its ttlMs is over, and tells watchers', async () => {
        const { provider: world, advance } = await openStore();
        const watching = world.watch('short');
        await world.observe({ key: 'short', value: 1, origin, ttlMs: 1_000 });
        await world.observe({ key: 'long', value: 1, origin, ttlMs: 5_000 });
        await world.observe({ key: 'forever', value: 1, origin });

        await advance?.(999);
        const before = await world.get('short');
        await advance?.(1);
        const after = await world.get('short');
        const changes = await take(watching, 2);

        expect([before?.value, after]).toEqual([1, undefined]);
        expect(changes.map(({ type }) => type)).toEqual(['entry-put', 'entry-forgotten']);
        expect((await world.snapshot()).entries.map(({ key }) => key)).toEqual(['forever', 'long']);
      });

      it('counts ttlMs from the last observation', async () => {
        const { provider: world, advance } = await openStore();
        await world.observe({ key: 'a', value: 1, origin, ttlMs: 1_000 });
        await advance?.(600);
        await world.observe({ key: 'a', value: 2, origin, ttlMs: 1_000 });
        await world.observe({ key: 'b', value: 1, origin, ttlMs: 1_000 });
        await world.observe({ key: 'b', value: 2, origin });

        await advance?.(600);
        const renewed = await world.get('a');
        await advance?.(10_000);

        expect(renewed?.value).toBe(2);
        expect((await world.snapshot()).entries.map(({ key, value }) => [key, value])).toEqual([['b', 2]]);
      });
    }
  });
}

type Call =
  | {
      readonly type: 'observe';
      readonly key: string;
      readonly value: unknown;
      readonly guess: number | undefined;
    }
  | { readonly type: 'forget'; readonly key: string }
  | { readonly type: 'read'; readonly key: string };

const anyKey = fc.constantFrom('a', 'a/b', 'a/b/c', 'a-b', 'b', 'b/a', 'ab');
const anyCall: fc.Arbitrary<Call> = fc.oneof(
  fc.record({
    type: fc.constant('observe' as const),
    key: anyKey,
    value: fc.jsonValue({ maxDepth: 3 }),
    guess: fc.option(fc.nat(6), { nil: undefined }),
  }),
  fc.record({ type: fc.constant('forget' as const), key: anyKey }),
  fc.record({ type: fc.constant('read' as const), key: fc.oneof(fc.constant(''), anyKey) }),
);

/**
 * The model is a map of the newest entries and a list of changes; the store must agree after every call. Everything is
 * below `root`, so that one world serves many runs.
 */
async function runBesideMap(world: WorldModel, root: string, calls: readonly Call[]): Promise<void> {
  const known = new Map<string, WorldEntry>();
  const expected: unknown[] = [];
  const start = await world.snapshot(root);
  let { revision } = start;

  for (const call of calls) {
    const key = call.key === '' ? root : `${root}/${call.key}`;
    if (call.type === 'observe') {
      // A guess above the number of keys asks for no particular revision.
      const baseRevision = call.guess === undefined ? undefined : call.guess === 0 ? 0 : revision;
      const current = known.get(key)?.revision ?? 0;
      const written = world.observe({ key, value: call.value, origin, baseRevision });
      if (baseRevision !== undefined && baseRevision !== current) {
        await expect(written).rejects.toMatchObject({ code: 'WORLD_MODEL_CONFLICT' });
        continue;
      }
      const entry = await written;
      expect(JSON.stringify(entry.value)).toBe(JSON.stringify(call.value));
      expect(entry.revision).toBeGreaterThan(revision);
      revision = entry.revision;
      known.set(key, entry);
      expected.push({ type: 'entry-put', entry });
    } else if (call.type === 'forget') {
      const existed = known.delete(key);
      expect(await world.forget(key, { origin })).toBe(existed);
      if (!existed) continue;
      expected.push({ type: 'entry-forgotten', key });
      revision = (await world.snapshot(root)).revision;
    } else {
      const { entries } = await world.snapshot(key);
      const keys = [...known.keys()].filter((each) => isAtOrBelow(each, key)).sort();
      expect(entries).toEqual(keys.map((each) => known.get(each)));
    }
  }

  const changes = await take(world.watch(root, { after: start.revision }), expected.length);
  expect(changes).toMatchObject(expected);
}

/** The numbers from 0 on as values of 32 keys, all of which are on their way at a time. */
async function observeMany(world: WorldModel, count: number): Promise<void> {
  for (let first = 0; first < count; first += 32) {
    const values = Array.from({ length: Math.min(32, count - first) }, (_, index) => first + index);
    await Promise.all(values.map((value) => world.observe({ key: `a/${value - first}`, value, origin })));
  }
}

function hlcAt(timeMs: number, node = 'other'): string {
  return `${timeMs}-0000-${node}`;
}

async function take(changes: AsyncIterable<WorldChange>, count: number): Promise<readonly WorldChange[]> {
  const taken: WorldChange[] = [];
  if (count === 0) return taken;
  for await (const change of changes) {
    taken.push(change);
    if (taken.length === count) break;
  }
  return taken;
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}
