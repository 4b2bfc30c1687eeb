import { expect, it } from '@jest/globals';
import type { WorldEntry, WorldModel } from '@tiercel/capabilities/world-model';
import { describeWithMosquitto } from '@tiercel/testkit';
import { House } from './house.test.support.js';

const UPDATES = 10_000;
/** Outages are long for the nodes; their clock runs faster than ours. */
const OUTAGE_MS = 60_000;

/** Runs through `count` updates, some at a time, as callers of one node do. */
async function update(
  world: WorldModel,
  count: number,
  observationOf: (index: number) => {
    readonly key: string;
    readonly value: unknown;
    readonly origin: string;
  },
): Promise<readonly WorldEntry[]> {
  const entries: WorldEntry[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) entries.push(await world.observe(observationOf(next++)));
  };
  await Promise.all(Array.from({ length: 50 }, worker));
  return entries;
}

describeWithMosquitto('a house whose broker is killed with -9 and away for 60 s', () => {
  it('has the same state everywhere after 10,000 updates from three nodes', async () => {
    await using house = await House.open({ edges: ['edge-1', 'edge-2'] });
    await house.core.world.observe({ key: 'ready', value: true, origin: 'core' });
    await house.converged();

    await house.broker.kill();
    const outage = house.clock.delay(OUTAGE_MS);
    const share = Math.ceil(UPDATES / house.nodes.length);
    const written = await Promise.all(
      house.nodes.map(({ world, name }) =>
        update(world, share, (index) => ({
          // Half of them nobody else writes, and half everybody does.
          key: index % 2 === 0 ? `own/${name}/${index % 200}` : `shared/${index % 101}`,
          value: { by: name, index },
          origin: name,
        })),
      ),
    );
    await outage;
    await house.broker.restart();
    const truth = await house.converged();
    const retained = await house.retained();

    // Retained set = database = every mirror.
    const puts = [...retained.values()].filter(({ op }) => op === 'put');
    expect(new Map(puts.map((state) => [state.key, state.revision]))).toEqual(
      new Map(truth.entries.map(({ key, revision }) => [key, revision])),
    );
    // Of every key what was observed last, wherever that was.
    const latest = new Map<string, WorldEntry>();
    for (const entry of written.flat()) {
      const known = latest.get(entry.key);
      if (!known || known.hlc < entry.hlc) latest.set(entry.key, entry);
    }
    const found = new Map(truth.entries.map(({ key, hlc, value }) => [key, { hlc, value }]));
    found.delete('ready');
    expect(found).toEqual(new Map([...latest].map(([key, { hlc, value }]) => [key, { hlc, value }])));
  }, 180_000);

  it('keeps the outbox of an edge within its bound, and tells what it does not take', async () => {
    const capacity = 200;
    await using house = await House.open({ edges: ['edge-1'], edgeConfig: { outboxEntries: capacity } });
    const [edge] = house.edges;
    if (!edge) throw new TypeError('The house has no edge.');
    await house.core.world.observe({ key: 'ready', value: true, origin: 'core' });
    await house.converged();

    await house.broker.kill();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 1_000 }, (_, index) =>
        edge.world.observe({ key: `own/${index % 500}`, value: index, origin: edge.name }),
      ),
    );
    const reason = edge.reason;
    const dropped = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    await house.broker.restart();
    const truth = await house.converged();

    // Two changes of each of the first 200 keys were taken, and nothing of the others.
    expect(dropped).toHaveLength(600);
    expect(new Set(dropped.map(({ code }) => code))).toEqual(new Set(['WORLD_MODEL_UNREACHABLE']));
    expect((await edge.metrics.expose()).text).toMatch(/^tiercel_outbox_dropped_total 600$/m);
    expect(reason).toContain(`the outbox is full (${capacity} entries)`);
    expect(edge.log.messages('warn').filter((line) => line.includes('outbox is full'))).toHaveLength(1);
    expect(truth.entries.filter(({ key }) => key.startsWith('own/'))).toHaveLength(capacity);
    expect((await edge.metrics.expose()).text).toMatch(/^tiercel_outbox_depth 0$/m);
  }, 180_000);
});
