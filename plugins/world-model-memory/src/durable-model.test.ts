import { copyFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import type { WorldEntry } from '@tiercel/capabilities/world-model';
import fc from 'fast-check';
import { DAY_MS, DurableFolder } from './durable.test.support.js';
import type { DurableWorld } from './open-durable-world.js';

const origin = 'test';

interface Model {
  readonly entries: Map<string, WorldEntry>;
  /** Revisions of all changes that were acknowledged. */
  readonly revisions: number[];
}

interface Real {
  durable: DurableFolder;
  opened: DurableWorld;
  epoch: string;
}

const command = (
  title: string,
  run: (model: Model, real: Real) => Promise<void>,
): fc.AsyncCommand<Model, Real> => ({
  check: () => true,
  run,
  toString: () => title,
});

/** Everything that was acknowledged is there, and the history tells it in order. */
async function agree({ entries, revisions }: Model, { opened: { world }, epoch }: Real): Promise<void> {
  const snapshot = await world.snapshot();
  const { records } = await world.history('');

  expect(snapshot.entries).toEqual([...entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1)));
  expect(snapshot.revision).toBe(revisions.at(-1) ?? 0);
  expect(snapshot.epoch).toBe(epoch);
  expect(
    records.map((record) => (record.type === 'entry-put' ? record.entry.revision : record.revision)),
  ).toEqual(revisions);
}

const anyKey = fc.constantFrom('a', 'a/b', 'b', 'c');

const anyCommand = [
  fc.array(fc.tuple(anyKey, fc.jsonValue({ maxDepth: 2 })), { minLength: 1, maxLength: 8 }).map((pairs) =>
    command(`observe ${pairs.map(([key]) => key)} at once`, async (model, real) => {
      const written = await Promise.all(
        pairs.map(([key, value]) => real.opened.world.observe({ key, value, origin })),
      );
      for (const entry of written) {
        expect(entry.revision).toBeGreaterThan(model.revisions.at(-1) ?? 0);
        model.entries.set(entry.key, entry);
        model.revisions.push(entry.revision);
      }
    }),
  ),
  anyKey.map((key) =>
    command(`forget ${key}`, async (model, real) => {
      const existed = model.entries.delete(key);
      expect(await real.opened.world.forget(key, { origin })).toBe(existed);
      if (existed) model.revisions.push((await real.opened.world.snapshot()).revision);
    }),
  ),
  fc.constantFrom(-DAY_MS, -1, 1, DAY_MS).map((ms) =>
    command(`clock jumps by ${ms}`, async (_model, { durable }) => {
      durable.clock.setEpochMs(durable.clock.epochMs() + ms);
    }),
  ),
  fc.constant(command('upkeep', async (_model, { durable }) => await durable.clock.advance(60_000))),
  fc.constant(
    command('restart', async (model, real) => {
      await real.durable.close();
      real.opened = await real.durable.open();
      await agree(model, real);
    }),
  ),
  fc.constant(
    command('crash', async (model, real) => {
      // What a killed process leaves is what its files hold between two of its writes.
      const crashed = await DurableFolder.make();
      for (const end of ['', '-wal', '.life']) {
        await copyFile(real.durable.file + end, crashed.file + end).catch(() => undefined);
      }
      crashed.clock.setEpochMs(real.durable.clock.epochMs());
      await real.durable[Symbol.asyncDispose]();
      real.durable = crashed;
      real.opened = await crashed.open();
      await agree(model, real);
    }),
  ),
  fc.constant(command('look', agree)),
];

it('a durable world model is what was acknowledged, whatever the order of changes, restarts, crashes and jumps of the clock', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(anyCommand, { maxCommands: 30 }), async (commands) => {
      const durable = await DurableFolder.make();
      const opened = await durable.open();
      const real: Real = { durable, opened, epoch: opened.journal.epoch };
      const model: Model = { entries: new Map(), revisions: [] };
      try {
        await fc.asyncModelRun(() => ({ model, real }), commands);
        await agree(model, real);
      } finally {
        await real.durable[Symbol.asyncDispose]();
      }
    }),
    { numRuns: 60 },
  );
}, 300_000);
