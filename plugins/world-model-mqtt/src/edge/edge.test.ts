import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type WorldChange, worldLimits } from '@tiercel/capabilities/world-model';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { describeWithMosquitto } from '@tiercel/testkit';
import { Mosquitto } from '@tiercel/testkit/mosquitto';
import { MqttProxy } from '@tiercel/testkit/mqtt-proxy';
import { type OpenCore, openCore, ShiftedClock } from '../core/core-link.test.support.js';
import { openTestEdge, type TestEdge, untilEntry } from './open-edge.test.support.js';

const origin = 'test';
const opened: AsyncDisposable[] = [];
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-edge-'));
});
afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const keep = <T extends AsyncDisposable>(resource: T): T => {
  opened.push(resource);
  return resource;
};
const fileOf = (node: string) => path.join(folder, `${node}.db`);
const startBroker = async () => keep(await Mosquitto.start({ config: ['set_tcp_nodelay true'] }));
const startCore = async (port: number, world = new FakeWorldModel()): Promise<OpenCore<FakeWorldModel>> => {
  const core = keep(openCore({ port, world, clock: new ShiftedClock({ speed: 5 }) }));
  await core.health.untilReady();
  return core;
};
const startEdge = async (options: Partial<Parameters<typeof openTestEdge>[0]> & { readonly port: number }) =>
  keep(await openTestEdge({ file: fileOf(options.node ?? 'edge-1'), ...options }));
const inStep = async (edge: TestEdge, times = 1) => {
  await edge.health.untilReady(times);
  return edge;
};

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

describe('an edge without a broker', () => {
  it('takes observations as pending, shows them at once and tells watchers', async () => {
    const edge = await startEdge({ port: await closedPort() });
    const watching = edge.world.watch('device');

    const entry = await edge.world.observe({ key: 'device/lamp', value: 'on', origin });

    const read = await edge.world.get('device/lamp');
    const [change] = await take(watching, 1);
    expect(entry).toMatchObject({ value: 'on', origin, isPending: true });
    expect([read, change]).toEqual([entry, { type: 'entry-put', entry }]);
    expect(edge.health.told.at(-1)).toMatch(/cannot be reached|not connected yet/);
  });

  it('forgets as pending, and says whether there was something', async () => {
    const edge = await startEdge({ port: await closedPort() });
    await edge.world.observe({ key: 'a', value: 1, origin });

    expect([await edge.world.forget('a', { origin }), await edge.world.forget('b', { origin })]).toEqual([
      true,
      false,
    ]);
    expect(await edge.world.get('a')).toBeUndefined();
  });

  it('refuses what only the core can decide', async () => {
    const edge = await startEdge({ port: await closedPort() });

    await expect(edge.world.observe({ key: 'a', value: 1, origin, baseRevision: 0 })).rejects.toMatchObject({
      code: 'WORLD_MODEL_UNREACHABLE',
    });
    await expect(edge.world.forget('a', { origin, baseRevision: 1 })).rejects.toMatchObject({
      code: 'WORLD_MODEL_UNREACHABLE',
    });
    expect(await edge.world.get('a')).toBeUndefined();
  });

  it('has what it acknowledged after a restart', async () => {
    const port = await closedPort();
    const first = await startEdge({ port });
    await Promise.all(['a', 'b'].map((key) => first.world.observe({ key, value: key, origin })));
    await first.world.observe({ key: 'a', value: 'newer', origin });
    await first[Symbol.asyncDispose]();

    const second = await startEdge({ port });

    expect((await second.world.snapshot()).entries).toMatchObject([
      { key: 'a', value: 'newer', isPending: true },
      { key: 'b', value: 'b', isPending: true },
    ]);
  });

  it('keeps the latest change of each key, refuses further keys when the outbox is full, and tells it', async () => {
    const edge = await startEdge({ port: await closedPort(), outboxEntries: 2 });
    await edge.world.observe({ key: 'a', value: 1, origin });
    await edge.world.observe({ key: 'b', value: 1, origin });

    const refused = edge.world.observe({ key: 'c', value: 1, origin });
    await expect(refused).rejects.toMatchObject({ code: 'WORLD_MODEL_UNREACHABLE' });
    const newer = await edge.world.observe({ key: 'a', value: 2, origin });

    expect(newer).toMatchObject({ value: 2, isPending: true });
    expect(await edge.world.get('c')).toBeUndefined();
    expect(edge.health.told.at(-1)).toMatch(/the outbox is full \(2 entries\)/);
    expect(edge.health.read()).toMatchObject({ outbox: 2, dropped: 1 });
    expect((await edge.metrics.expose()).text).toContain('tiercel_outbox_dropped_total 1');
    expect((await edge.metrics.expose()).text).toContain('tiercel_outbox_depth 2');
    expect(edge.log.messages('warn')).toContain('the outbox is full: changes of further entries are refused');
  });

  it('moves a damaged file aside, says so, and goes on', async () => {
    await writeFile(fileOf('edge-1'), 'this is no database, whatever its name says '.repeat(100));

    const edge = await startEdge({ port: await closedPort() });
    const entry = await edge.world.observe({ key: 'a', value: 1, origin });

    expect(entry.isPending).toBe(true);
    expect(edge.log.messages('error')).toContain(
      'the outbox was damaged and was moved aside; what waited in it is lost',
    );
    expect((await readdir(folder)).length).toBeGreaterThan(1);
  });

  it('has its file for itself', async () => {
    const port = await closedPort();
    await startEdge({ port });

    const second = openTestEdge({ port, file: fileOf('edge-1') });

    await expect(second).rejects.toMatchObject({
      code: 'DATABASE_LOCKED',
      message: expect.stringContaining(fileOf('edge-1')),
    });
  });

  it('refuses an origin that fits into no envelope', async () => {
    const edge = await startEdge({ port: await closedPort() });

    for (const wrong of ['', 'x'.repeat(201)]) {
      await expect(edge.world.observe({ key: 'a', value: 1, origin: wrong })).rejects.toMatchObject({
        code: 'WORLD_MODEL_VALUE_INVALID',
      });
    }
  });
});

describeWithMosquitto('an edge with Mosquitto', () => {
  it('brings what it observed while there was no broker', async () => {
    const broker = await startBroker();
    const proxy = keep(await MqttProxy.open({ targetPort: broker.port }));
    proxy.cut();
    const core = await startCore(broker.port);
    await core.world.observe({ key: 'a', value: 'core', origin });
    const edge = await startEdge({ port: proxy.port });
    await edge.world.observe({ key: 'b', value: 'edge', origin });

    proxy.mend();
    const entry = await untilEntry(edge.world, 'b', (found) => found?.isPending === undefined);

    expect(await core.world.get('b')).toEqual(entry);
    expect((await edge.world.get('a'))?.value).toBe('core');
    await inStep(edge);
    expect(edge.health.read()).toMatchObject({ outbox: 0, isInStep: true });
  });

  it('waits for no word of its own that has come already', async () => {
    const broker = await startBroker();
    await startCore(broker.port);
    const edge = await inStep(await startEdge({ port: broker.port, clock: new ShiftedClock({ speed: 20 }) }));

    // Longer than it waits for what it has published itself.
    await edge.clock.delay(60_000);

    expect(edge.health.told.join()).not.toMatch(/does not send us/);
  });

  it('reads stale copies while the broker is away, also after a restart, and recovers alone', async () => {
    const broker = await startBroker();
    const core = await startCore(broker.port);
    await core.world.observe({ key: 'a', value: 1, origin });
    const first = await inStep(await startEdge({ port: broker.port }));

    await broker.kill();
    await first.health.untilDegraded(/cannot be reached/);
    const cutOff = await first.world.get('a');
    await first[Symbol.asyncDispose]();
    const second = await startEdge({ port: broker.port });
    const restarted = await second.world.snapshot();
    await broker.restart();
    await inStep(second);

    expect(cutOff).toMatchObject({ value: 1, isStale: true });
    expect(restarted.entries).toMatchObject([{ key: 'a', value: 1, isStale: true }]);
    expect(await second.world.get('a')).toEqual(await core.world.get('a'));
  });

  it('learns what was forgotten while it was away', async () => {
    const broker = await startBroker();
    const core = await startCore(broker.port);
    await core.world.observe({ key: 'a', value: 1, origin });
    await core.world.observe({ key: 'b', value: 1, origin });
    const proxy = keep(await MqttProxy.open({ targetPort: broker.port }));
    const edge = await inStep(await startEdge({ port: proxy.port }));
    const watching = edge.world.watch('');

    proxy.cut();
    await edge.health.untilDegraded(/cannot be reached/);
    await core.world.forget('a', { origin });
    proxy.mend();
    await inStep(edge, 2);

    expect(await take(watching, 1)).toMatchObject([{ type: 'entry-forgotten', key: 'a' }]);
    expect((await edge.world.snapshot()).entries).toMatchObject([{ key: 'b' }]);
  });

  it('lets the later of two observations made apart win everywhere', async () => {
    const broker = await startBroker();
    const core = await startCore(broker.port);
    const proxies = [1, 2].map(() => MqttProxy.open({ targetPort: broker.port }));
    const [one, two] = (await Promise.all(proxies)).map(keep);
    const early = await inStep(await startEdge({ port: one?.port ?? 0, node: 'early' }));
    const late = await inStep(await startEdge({ port: two?.port ?? 0, node: 'late' }));
    one?.cut();
    two?.cut();
    await Promise.all([early, late].map(({ health }) => health.untilDegraded(/cannot be reached/)));
    late.clock.jump(1_000);

    await late.world.observe({ key: 'a', value: 'late', origin });
    await early.world.observe({ key: 'a', value: 'early', origin });
    two?.mend();
    await untilEntry(late.world, 'a', (entry) => entry !== undefined && !entry.isPending);
    one?.mend();
    const loser = await untilEntry(early.world, 'a', (entry) => entry !== undefined && !entry.isPending);
    await inStep(early, 2);

    const winner = await core.world.get('a');
    expect(winner?.value).toBe('late');
    expect([loser, await late.world.get('a')]).toEqual([winner, winner]);
  });

  it('gives up what was superseded by something of which nobody knows any more', async () => {
    const broker = await startBroker();
    const core = await startCore(broker.port);
    const proxy = keep(await MqttProxy.open({ targetPort: broker.port }));
    proxy.cut();
    const edge = await startEdge({ port: proxy.port });
    await edge.world.observe({ key: 'a', value: 'edge', origin });
    await core.world.forget('a', { origin, hlc: '1767225600000-ffff-core' });

    proxy.mend();
    await untilEntry(edge.world, 'a', (entry) => entry === undefined);

    expect((await core.world.snapshot()).entries).toEqual([]);
    expect(edge.health.read()).toMatchObject({ outbox: 0 });
  });

  it('takes back what the core refuses, logs and counts it', async () => {
    const broker = await startBroker();
    const core = await startCore(broker.port, new FakeWorldModel({ entries: { a: 1 }, capacity: 1 }));
    const proxy = keep(await MqttProxy.open({ targetPort: broker.port }));
    proxy.cut();
    const edge = await startEdge({ port: proxy.port });
    await edge.world.observe({ key: 'b', value: 1, origin });

    proxy.mend();
    await untilEntry(edge.world, 'b', (entry) => entry === undefined);

    expect((await edge.world.snapshot()).entries.map(({ key }) => key)).toEqual(['a']);
    expect((await core.world.snapshot()).entries.map(({ key }) => key)).toEqual(['a']);
    expect((await edge.metrics.expose()).text).toContain('outbox_refused_total{code="WORLD_MODEL_FULL"} 1');
    await expect(edge.world.observe({ key: 'c', value: 1, origin })).rejects.toMatchObject({
      code: 'WORLD_MODEL_FULL',
    });
  });

  it('keeps an observation on disk when the connection has gone silent, and brings it once', async () => {
    const broker = await startBroker();
    const core = await startCore(broker.port);
    const proxy = keep(await MqttProxy.open({ targetPort: broker.port }));
    const edge = await inStep(await startEdge({ port: proxy.port, replyTimeoutMs: 300 }));
    const { revision } = await core.world.snapshot();

    proxy.silence();
    const entry = await edge.world.observe({ key: 'a', value: 1, origin });
    await edge.health.untilDegraded(/does not answer/);
    proxy.mend();
    await untilEntry(edge.world, 'a', (found) => found?.isPending === undefined);

    expect(entry.isPending).toBe(true);
    expect(await core.world.snapshot()).toMatchObject({ revision: revision + 1 });
  });

  it('starts again from a store that has begun anew', async () => {
    const broker = await startBroker();
    const core = await startCore(broker.port, new FakeWorldModel({ entries: { old: 1 } }));
    const edge = await inStep(await startEdge({ port: broker.port }));
    const watching = edge.world.watch('');

    core.world.restart();
    await core.world.observe({ key: 'new', value: 1, origin });
    const entry = await untilEntry(edge.world, 'new', (found) => found !== undefined && !found.isStale);

    const [first] = await take(watching, 1);
    expect(first).toEqual({ type: 'reset', epoch: entry?.epoch });
    expect((await edge.world.snapshot()).entries.map(({ key }) => key)).toEqual(['new']);
  });

  it('keeps its copy, marked stale, when the core is away, and its observations until it is back', async () => {
    const broker = await startBroker();
    const world = new FakeWorldModel({ entries: { a: 1 } });
    const core = await startCore(broker.port, world);
    const edge = await inStep(await startEdge({ port: broker.port }));

    await core[Symbol.asyncDispose]();
    await edge.health.untilDegraded(/no core is online/);
    const stale = await edge.world.get('a');
    const pending = await edge.world.observe({ key: 'b', value: 1, origin });
    await startCore(broker.port, world);
    await untilEntry(edge.world, 'b', (entry) => entry?.isPending === undefined);

    expect([stale?.isStale, pending.isPending]).toEqual([true, true]);
    expect((await world.get('b'))?.value).toBe(1);
  });

  it('ends the quarrel with another process of its name: one of them stays, the other does not come back', async () => {
    const broker = await startBroker();
    await startCore(broker.port);
    const first = await inStep(await startEdge({ port: broker.port }));
    const second = await startEdge({ port: broker.port, file: fileOf('copy') });

    const leaving = [first, second].map(async (edge) => {
      await edge.health.untilDegraded(/client id|name of this node/);
      return edge;
    });
    const loser = await Promise.race(leaving);
    const winner = loser === first ? second : first;
    await winner.world.observe({ key: 'a', value: 1, origin });
    const entry = await untilEntry(winner.world, 'a', (found) => found !== undefined && !found.isPending);

    expect(entry?.value).toBe(1);
    expect(loser.health.read()).toMatchObject({ connection: 'refused' });
    expect(winner.health.told.join()).not.toMatch(/of no use/);
  });

  it('takes no more entries than it may have, and says so', async () => {
    const broker = await startBroker();
    const entries = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k/${index}`, index]));
    const core = await startCore(broker.port, new FakeWorldModel({ entries }));

    const edge = await inStep(await startEdge({ port: broker.port, maxEntries: 10 }));

    expect((await edge.world.snapshot()).entries).toHaveLength(10);
    expect((await core.world.snapshot()).entries).toHaveLength(30);
    expect(edge.log.messages('warn')).toContain('the world model of the core is larger than "maxEntries"');
  });

  it('hears of every entry of a large house, in one copy', async () => {
    const broker = await startBroker();
    const entries = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k/${index}`, index]));
    await startCore(broker.port, new FakeWorldModel({ entries }));

    const edge = await inStep(await startEdge({ port: broker.port }));

    expect((await edge.world.snapshot()).entries).toHaveLength(5_000);
    expect(worldLimits.changes).toBeLessThan(5_000);
  });
});

async function take(changes: AsyncIterable<WorldChange>, count: number): Promise<readonly WorldChange[]> {
  const taken: WorldChange[] = [];
  for await (const change of changes) {
    taken.push(change);
    if (taken.length === count) break;
  }
  return taken;
}
