import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type WorldChange, type WorldModel, worldLimits } from '@tiercel/capabilities/world-model';
import { describeWorldModelContract } from '@tiercel/capabilities/world-model/testing';
import { revisionOf } from '@tiercel/world';
import { DAY_MS, DurableFolder } from './durable.test.support.js';

const origin = 'test';

describeWorldModelContract('MemoryWorldModel with a database', async () => {
  const durable = await DurableFolder.make();
  const { world } = await durable.open();
  return {
    provider: world,
    close: () => durable[Symbol.asyncDispose](),
    advance: (ms) => durable.clock.advance(ms),
  };
});

async function take(changes: AsyncIterable<WorldChange>, count: number): Promise<readonly WorldChange[]> {
  const taken: WorldChange[] = [];
  for await (const change of changes) if (taken.push(change) === count) break;
  return taken;
}

async function observeMany(world: WorldModel, count: number, prefix = 'many'): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, value) => world.observe({ key: `${prefix}/k${value}`, value, origin })),
  );
}

describe('a durable world model', () => {
  let durable: DurableFolder;
  beforeEach(async () => {
    durable = await DurableFolder.make();
  });
  afterEach(async () => await durable[Symbol.asyncDispose]());

  it('is after a restart what it was, in the same epoch', async () => {
    const first = await durable.open();
    await first.world.observe({ key: 'a', value: { list: [1, 'é', null] }, origin: 'or\0igin \ud800' });
    await first.world.observe({ key: 'a/b', value: JSON.parse('{"__proto__": {"on": true}}'), origin });
    await first.world.observe({ key: 'c', value: 'nul \0 and half \ud800', origin, ttlMs: DAY_MS });
    await first.world.forget('a/b', { origin });
    const before = await first.world.snapshot();
    await durable.close();

    const { world, journal } = await durable.open();

    expect(await world.snapshot()).toEqual(before);
    expect(before.entries).toHaveLength(2);
    expect(journal.hasNewEpoch).toBe(false);
  });

  it('counts on from its last revision', async () => {
    const first = await durable.open();
    await observeMany(first.world, 3);
    await first.world.forget('many/k2', { origin });
    await durable.close();

    const { world } = await durable.open();
    const { revision } = await world.observe({ key: 'next', value: 1, origin });

    expect(revision).toBe(5);
  });

  it('remembers after a restart what was forgotten, so that a late observation does not bring it back', async () => {
    const first = await durable.open();
    const { hlc } = await first.world.observe({ key: 'a', value: 1, origin });
    await first.world.forget('a', { origin });
    await durable.close();

    const { world } = await durable.open();

    await expect(world.observe({ key: 'a', value: 'late', origin, hlc })).rejects.toMatchObject({
      code: 'WORLD_MODEL_SUPERSEDED',
    });
  });

  it('knows an observation again that was taken before a restart', async () => {
    const first = await durable.open();
    const hlc = `${durable.clock.epochMs()}-0000-other`;
    const entry = await first.world.observe({ key: 'a', value: 1, origin, hlc });
    await durable.close();

    const { world } = await durable.open();

    expect(await world.observe({ key: 'a', value: 1, origin, hlc })).toEqual(entry);
    expect((await world.snapshot()).revision).toBe(entry.revision);
  });

  it.each([-DAY_MS, DAY_MS])('keeps its order when the wall clock jumps by %i ms', async (jumpMs) => {
    const first = await durable.open();
    const before = await first.world.observe({ key: 'a', value: 1, origin });
    durable.clock.setEpochMs(durable.clock.epochMs() + jumpMs);
    const jumped = await first.world.observe({ key: 'a', value: 2, origin });
    await durable.close();
    durable.clock.setEpochMs(durable.clock.epochMs() - 2 * jumpMs);

    const { world } = await durable.open();
    const after = await world.observe({ key: 'a', value: 3, origin });

    expect([before.hlc < jumped.hlc, jumped.hlc < after.hlc]).toEqual([true, true]);
    expect((await world.get('a'))?.value).toBe(3);
  });

  it('forgets at its start what ended while it was away, and later what ends then', async () => {
    const first = await durable.open();
    await first.world.observe({ key: 'short', value: 1, origin, ttlMs: 1_000 });
    await first.world.observe({ key: 'long', value: 1, origin, ttlMs: 10_000 });
    const { revision } = await first.world.observe({ key: 'forever', value: 1, origin });
    await durable.close();
    durable.clock.setEpochMs(durable.clock.epochMs() + 5_000);

    const { world } = await durable.open();
    const hidden = await world.get('short');
    const changes = take(world.watch('', { after: revision }), 2);
    await durable.clock.advance(1);
    await durable.clock.advance(5_000);

    expect(hidden).toBeUndefined();
    expect((await changes).map((change) => change.type === 'entry-forgotten' && change.key)).toEqual([
      'short',
      'long',
    ]);
  });

  it('forgets thousands of entries that end at once', async () => {
    const { world } = await durable.open();
    await Promise.all(
      Array.from({ length: 2_500 }, (_, index) =>
        world.observe({ key: `k${index}`, value: index, origin, ttlMs: 1_000 }),
      ),
    );

    await durable.clock.advance(1_000);
    const hidden = await world.snapshot();
    while (world.size > 0) await durable.clock.advance(1);

    expect(hidden.entries).toEqual([]);
    expect((await world.snapshot()).revision).toBe(5_000);
  });

  it('tells changes from far before the last 1,024, also those before a restart, without a reset', async () => {
    const first = await durable.open();
    await first.world.observe({ key: 'a/first', value: 1, origin });
    await observeMany(first.world, 3_000);
    await durable.close();
    const { world } = await durable.open();
    await world.observe({ key: 'a/second', value: 2, origin });
    const watching = world.watch('a', { after: 0 });
    await world.observe({ key: 'a/third', value: 3, origin });

    const changes = await take(watching, 3);
    const { records, forgottenUpTo } = await world.history('a');
    const page = await world.history('', { after: 10, limit: 2_000 });

    expect(changes.map((change) => change.type === 'entry-put' && change.entry.value)).toEqual([1, 2, 3]);
    expect(records).toEqual(changes);
    expect([forgottenUpTo, page.records.length]).toEqual([0, worldLimits.historyRecords]);
  });

  it('ends a watch of old changes when its reader leaves or its signal aborts', async () => {
    const { world } = await durable.open();
    await observeMany(world, 1_100);
    const controller = new AbortController();
    const left = world.watch('', { after: 0 })[Symbol.asyncIterator]();
    const aborted = world.watch('none', { after: 0, signal: controller.signal })[Symbol.asyncIterator]();
    const waiting = aborted.next();

    await left.next();
    await left.return?.();
    controller.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
    expect(await left.next()).toEqual({ done: true, value: undefined });
  });

  it('keeps history for so long and so many changes, but never fewer than 1,024', async () => {
    const { world } = await durable.open({ historyChanges: 2_000 });
    await observeMany(world, 3_500);

    await durable.clock.advance(60_000);
    const byCount = await world.history('', { limit: 1 });
    durable.clock.setEpochMs(durable.clock.epochMs() + 8 * DAY_MS);
    await durable.clock.advance(60_000);
    const byTime = await world.history('', { limit: 1 });
    const reset = await take(world.watch('', { after: 1 }), 1);

    expect([byCount.forgottenUpTo, byCount.records.map(revisionOf)]).toEqual([1_500, [1_501]]);
    expect([byTime.forgottenUpTo, byTime.records.map(revisionOf)]).toEqual([2_476, [2_477]]);
    expect(reset).toMatchObject([{ type: 'reset' }]);
  });

  it('begins a new epoch when its file was restored from a copy of an earlier life, or taken elsewhere', async () => {
    const first = await durable.open();
    const { epoch } = await first.world.observe({ key: 'a', value: 1, origin });
    await durable.close();
    await copyFile(durable.file, `${durable.file}.backup`);
    const second = await durable.open();
    const { revision } = await second.world.observe({ key: 'a', value: 2, origin });
    await durable.close();
    await copyFile(`${durable.file}.backup`, durable.file);

    const { world, journal } = await durable.open();
    const restored = await world.get('a');
    const told = await take(world.watch('', { after: revision }), 1);
    await durable.close();
    await rm(`${durable.file}.life`);
    const elsewhere = await durable.open();

    expect([journal.hasNewEpoch, restored?.value]).toEqual([true, 1]);
    expect(restored?.epoch).not.toBe(epoch);
    expect(told).toEqual([{ type: 'reset', epoch: restored?.epoch }]);
    expect((await elsewhere.world.get('a'))?.epoch).not.toBe(restored?.epoch);
  });

  it('begins a new epoch when a copy of this very life is behind what was noted beside it', async () => {
    const { world, journal } = await durable.open();
    const { epoch } = await world.observe({ key: 'a', value: 1, origin });
    journal.checkpoint();
    await copyFile(durable.file, `${durable.file}.backup`);
    await world.observe({ key: 'a', value: 2, origin });
    journal.checkpoint();
    const beside = await readFile(`${durable.file}.life`);
    await durable.close();
    // As if the process had been killed after its checkpoint, and the copy was put in place then.
    await copyFile(`${durable.file}.backup`, durable.file);
    await writeFile(`${durable.file}.life`, beside);

    const restored = await durable.open();

    expect((await restored.world.get('a'))?.epoch).not.toBe(epoch);
  });

  it.each(['', '{"lives": 5}', '{"lives": [], "revision": "x"}'])(
    'begins a new epoch when what stands beside it is broken: %p',
    async (contents) => {
      const first = await durable.open();
      const { epoch } = await first.world.observe({ key: 'a', value: 1, origin });
      await durable.close();
      await writeFile(`${durable.file}.life`, contents);

      const { world } = await durable.open();

      expect((await world.get('a'))?.epoch).not.toBe(epoch);
    },
  );

  it('is empty, in a new epoch, where its file was damaged, and keeps that file', async () => {
    const first = await durable.open();
    const { epoch } = await first.world.observe({ key: 'a', value: 1, origin });
    await durable.close();
    await writeFile(durable.file, 'garbage '.repeat(1_000));

    const { world, journal } = await durable.open();
    const snapshot = await world.snapshot();

    expect(snapshot.entries).toEqual([]);
    expect(snapshot.epoch).not.toBe(epoch);
    expect(path.basename(journal.movedAside ?? '')).toBe('world.db.damaged-1');
  });

  it('refuses what exceeds its bounds on entries and on bytes, and takes what gives room back', async () => {
    const { world } = await durable.open({ maxEntries: 3, maxBytes: 1_000 });
    await world.observe({ key: 'a', value: 'x'.repeat(800), origin });

    await expect(world.observe({ key: 'b', value: 'x'.repeat(300), origin })).rejects.toMatchObject({
      code: 'WORLD_MODEL_FULL',
      details: { entries: 1 },
    });
    await world.observe({ key: 'a', value: 'x'.repeat(600), origin });
    await world.observe({ key: 'b', value: 'x'.repeat(300), origin });
    await world.forget('a', { origin });
    await observeMany(world, 2);
    await expect(world.observe({ key: 'c', value: 1, origin })).rejects.toMatchObject({
      code: 'WORLD_MODEL_FULL',
    });
    await durable.close();
    const again = await durable.open({ maxEntries: 3, maxBytes: 1_000 });

    await expect(again.world.observe({ key: 'c', value: 1, origin })).rejects.toMatchObject({
      code: 'WORLD_MODEL_FULL',
    });
  });

  it('keeps everything that was accepted when it closes', async () => {
    const { world } = await durable.open();
    const accepted = observeMany(world, 3_000);

    await durable.close();
    await accepted;
    const late = world.observe({ key: 'late', value: 1, origin });

    await expect(late).rejects.toMatchObject({ code: 'WORLD_MODEL_UNWRITABLE' });
    expect((await (await durable.open()).world.snapshot()).entries).toHaveLength(3_000);
  });
});
