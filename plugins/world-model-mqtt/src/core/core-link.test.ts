import { afterEach, expect, it } from '@jest/globals';
import { coreMetrics } from '@tiercel/capabilities/metrics';
import type { WorldModel } from '@tiercel/capabilities/world-model';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { describeWithMosquitto } from '@tiercel/testkit';
import { Mosquitto, type MosquittoOptions } from '@tiercel/testkit/mosquitto';
import { formatEnvelope, parseStatus } from '../wire/envelope.js';
import {
  Listener,
  type OpenCoreOptions,
  openCore as openUnowned,
  ShiftedClock,
  topics,
  valuesOf,
} from './core-link.test.support.js';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

function own<T extends AsyncDisposable>(resource: T): T {
  opened.push(resource);
  return resource;
}

const startBroker = async (options?: MosquittoOptions) => own(await Mosquitto.start(options));
const listen = async (port: number) => own(await Listener.open(port));
const openCore = <W extends WorldModel>(options: OpenCoreOptions<W>) => own(openUnowned(options));
const retain = (listener: Listener, topic: string, payload: string) =>
  listener.client.publishAsync(topic, payload, { qos: 1, retain: true });

describeWithMosquitto('CoreLink publishes', () => {
  it('every entry as retained state, then its status with epoch, revision and their number', async () => {
    const { port } = await startBroker();
    const world = new FakeWorldModel({ entries: { 'device/lamp/state': 'on', 'device/lamp': { watts: 4 } } });
    const listener = await listen(port);

    const core = openCore({ port, world });
    const status = await listener.until(({ retained }) => retained.get(topics.status('core-1')));

    const { epoch, revision } = await world.snapshot();
    expect(listener.values()).toEqual({ 'device/lamp/state': 'on', 'device/lamp': { watts: 4 } });
    expect(parseStatus(Buffer.from(status))).toMatchObject({
      ok: true,
      value: { node: 'core-1', role: 'core', status: 'online', epoch, revision, entries: 2 },
    });
    expect(core.metrics.valueOf(coreMetrics.mqttConnected)).toBe(1);
  });

  it('a change as it happens, and that an entry was forgotten, each with the time after which it means nothing', async () => {
    const { port } = await startBroker();
    const listener = await listen(port);
    const { health, world } = openCore({ port, world: new FakeWorldModel() });
    await health.untilReady();

    const entry = await world.observe({ key: 'a', value: { on: true }, origin: 'tools-home', ttlMs: 60_000 });
    const put = await listener.until((heard) => heard.states().get('a'));
    await world.forget('a', { origin: 'tools-home' });
    const del = await listener.until(
      (heard) => heard.states().get('a')?.op === 'del' && heard.states().get('a'),
    );

    const { key, value, revision, epoch, origin, timeMs, hlc, ttlMs } = entry;
    expect(put).toMatchObject({ op: 'put', key, value, revision, epoch, origin, timeMs, hlc, ttlMs });
    expect(del).toMatchObject({ op: 'del', key: 'a', revision: revision + 1, epoch });
    const packets = listener.messages.filter(({ topic }) => topic === topics.state('a'));
    expect(packets.map(({ properties }) => properties?.messageExpiryInterval)).toEqual([60, 604_800]);
  });

  it('the latest of many changes of a key, however far it falls behind', async () => {
    const { port } = await startBroker();
    const listener = await listen(port);
    const { health, world } = openCore({ port, world: new FakeWorldModel() });
    await health.untilReady();

    for (let value = 0; value < 5_000; value++) await world.observe({ key: 'a', value, origin: 'test' });
    await world.observe({ key: 'b', value: 'last', origin: 'test' });
    await listener.until((heard) => heard.states().get('b'));
    await listener.until((heard) => heard.values()['a'] === 4_999);

    const { revision } = await world.snapshot('a');
    expect(listener.states().get('a')?.revision).toBe(revision - 1);
    const messages = listener.messages.filter(({ topic }) => topic === topics.state('a'));
    expect(messages.length).toBeLessThan(5_000);
  });

  it('nothing that is older than what it has published of the key before', async () => {
    const { port } = await startBroker();
    const listener = await listen(port);
    const { health, world } = openCore({ port, world: new FakeWorldModel() });
    await health.untilReady();

    for (let value = 0; value < 3_000; value++) {
      await world.observe({ key: `key-${value % 7}`, value, origin: 'test' });
    }
    await listener.until((heard) => heard.values()['key-3'] === 2_999 - ((2_999 - 3) % 7));
    await listener.until((heard) => heard.values()['key-0'] === 2_996);

    const latest = new Map<string, number>();
    for (const { topic, payload } of listener.messages) {
      if (topics.parse(topic)?.type !== 'state') continue;
      const { revision } = JSON.parse(payload.toString()) as { revision: number };
      expect(revision).toBeGreaterThanOrEqual(latest.get(topic) ?? 0);
      latest.set(topic, revision);
    }
  });

  it('offline when it is stopped', async () => {
    const { port } = await startBroker();
    const listener = await listen(port);
    const { health, link } = openCore({ port, world: new FakeWorldModel() });
    await health.untilReady();

    await link[Symbol.asyncDispose]();
    const status = await listener.until(({ retained }) => {
      const text = retained.get(topics.status('core-1'));
      return text?.includes('offline') && text;
    });

    expect(JSON.parse(status)).toMatchObject({ schema: 1, node: 'core-1', role: 'core', status: 'offline' });
  });
});

describeWithMosquitto('CoreLink makes the broker equal to the store', () => {
  it('after the broker was killed and has lost what it kept', async () => {
    const broker = await startBroker({ config: ['autosave_interval 3600'] });
    const { health, world } = openCore({ port: broker.port, world: new FakeWorldModel() });
    await health.untilReady();
    for (let index = 0; index < 200; index++) {
      await world.observe({ key: `before/${index}`, value: index, origin: 'test' });
    }

    await broker.kill('SIGKILL');
    for (let index = 0; index < 200; index++) {
      await world.observe({ key: `while-away/${index}`, value: index, origin: 'test' });
      await world.forget(`before/${index}`, { origin: 'test' });
    }
    await broker.restart();
    await health.untilReady(2);

    const listener = await listen(broker.port);
    const expected = await valuesOf(world);
    await listener.until((heard) => Object.keys(heard.values()).length === Object.keys(expected).length);
    expect(listener.values()).toEqual(expected);
  });

  it('by clearing what the store does not know, and correcting what is older, wrong or not understood', async () => {
    const { port } = await startBroker();
    const listener = await listen(port);
    const world = new FakeWorldModel({ entries: { older: 'new', wrong: 'right', garbage: 'fine', same: 1 } });
    const state = {
      id: 'x',
      op: 'put',
      hlc: '1763800000000-0003-edge-7',
      origin: 'o',
      boot: 'b',
      timeMs: 1,
    } as const;
    const { epoch } = await world.snapshot();
    await retain(
      listener,
      topics.state('older'),
      formatEnvelope({ ...state, key: 'older', value: 'old', revision: 0, epoch }),
    );
    await retain(
      listener,
      topics.state('wrong'),
      formatEnvelope({ ...state, key: 'wrong', value: 'x', revision: 2, epoch: 'another' }),
    );
    await retain(listener, topics.state('garbage'), '{"schema":99}');
    await retain(
      listener,
      topics.state('unknown'),
      formatEnvelope({ ...state, key: 'unknown', value: 1, revision: 9, epoch }),
    );
    await retain(listener, topics.state('$odd/key with spaces'), 'whatever');

    const { health } = openCore({ port, world });
    await health.untilReady();
    await listener.until((heard) => heard.retained.has(topics.status('core-1')));

    const kept = [...listener.retained.keys()].filter((topic) => topics.parse(topic)?.type === 'state');
    expect(kept.sort()).toEqual(['garbage', 'older', 'same', 'wrong'].map((key) => topics.state(key)));
    expect(listener.values()).toEqual({ older: 'new', wrong: 'right', garbage: 'fine', same: 1 });
  });

  it('without publishing again what the broker has already', async () => {
    const { port } = await startBroker();
    const world = new FakeWorldModel({ entries: { a: 1, b: 2 } });
    const first = openCore({ port, world });
    await first.health.untilReady();
    await first.link[Symbol.asyncDispose]();
    const listener = await listen(port);
    await listener.until((heard) => heard.retained.has(topics.status('core-1')));
    const before = listener.messages.length;

    const second = openCore({ port, world });
    await second.health.untilReady();
    await listener.until(({ retained }) => retained.get(topics.status('core-1'))?.includes('online'));

    const later = listener.messages.slice(before).map(({ topic }) => topics.parse(topic)?.type);
    expect(later).not.toContain('state');
  });

  it('in several passes where a flood of foreign topics is retained', async () => {
    const { port } = await startBroker({ config: ['autosave_on_changes false'] });
    const listener = await listen(port);
    const flood = Array.from({ length: 12_000 }, (_, index) => topics.state(`flood/${index}`));
    await Promise.all(flood.map((topic) => retain(listener, topic, 'x')));
    await listener.until(({ retained }) => retained.size >= flood.length);

    const { health } = openCore({ port, world: new FakeWorldModel({ entries: { a: 1 } }) });
    await health.untilReady();
    await listener.until((heard) => heard.retained.has(topics.status('core-1')));

    expect([...listener.retained.keys()].sort()).toEqual([topics.status('core-1'), topics.state('a')].sort());
  });

  it('with a new epoch after the store was replaced', async () => {
    const { port } = await startBroker();
    const listener = await listen(port);
    const { health, world } = openCore({ port, world: new FakeWorldModel({ entries: { old: 1, both: 1 } }) });
    await health.untilReady();

    world.restart();
    await world.observe({ key: 'both', value: 2, origin: 'test' });
    const { epoch } = await world.snapshot();
    await listener.until(({ retained }) => retained.get(topics.status('core-1'))?.includes(epoch));

    expect(listener.values()).toEqual({ both: 2 });
    expect(listener.states().get('both')?.epoch).toBe(epoch);
  });

  it('by clearing tombstones after 7 days', async () => {
    const broker = await startBroker();
    const core = openCore({ port: broker.port, world: new FakeWorldModel({ entries: { a: 1 } }) });
    await core.health.untilReady();
    await core.world.forget('a', { origin: 'test' });
    const listener = await listen(broker.port);
    await listener.until((heard) => heard.states().get('a')?.op === 'del');

    core.clock.jump(7 * 86_400_000 + 1);
    await broker.restart();
    await core.health.untilReady(2);
    const later = await listen(broker.port);
    await later.until((heard) => heard.retained.has(topics.status('core-1')));
    await later.until((heard) => !heard.retained.has(topics.state('a')));

    expect([...later.retained.keys()]).toEqual([topics.status('core-1')]);
  });
});

describeWithMosquitto('CoreLink is the only core of its broker', () => {
  it('so a second one waits, and takes over when the first has gone', async () => {
    const { port } = await startBroker();
    const listener = await listen(port);
    const first = openCore({ port, node: 'core-1', world: new FakeWorldModel({ entries: { a: 1 } }) });
    await first.health.untilReady();

    const second = openCore({
      port,
      node: 'core-2',
      world: new FakeWorldModel({ entries: { b: 2 } }),
      clock: new ShiftedClock({ speed: 20 }),
    });
    const reason = await second.health.untilDegraded(/core-1/);
    await listener.until((heard) => heard.values()['a'] === 1);
    const before = listener.values();
    await first.link[Symbol.asyncDispose]();
    await second.health.untilReady();
    await listener.until((heard) => heard.states().get('a') === undefined);

    expect(reason).toMatch(/node core-1 is the core of this broker already/);
    expect(before).toEqual({ a: 1 });
    expect(listener.values()).toEqual({ b: 2 });
  });

  it('and one that goes by the same name ends it for one of them, without a fight', async () => {
    const { port } = await startBroker();
    const worlds = [new FakeWorldModel(), new FakeWorldModel()] as const;
    const first = openCore({ port, world: worlds[0] });
    await first.health.untilReady();

    const second = openCore({ port, world: worlds[1] });
    const reason = await Promise.race([
      first.health.untilDegraded(/NODE_NAME/),
      second.health.untilDegraded(/NODE_NAME/),
    ]);
    const [refused, left] = first.health.told.includes(reason) ? [first, second] : [second, first];
    const readyCount = left.health.readyCount;
    await left.health.untilReady(readyCount + 1);
    const listener = await listen(port);
    await left.world.observe({ key: 'a', value: 1, origin: 'test' });
    await listener.until((heard) => heard.states().get('a'));

    expect(refused.link.phase).toBe('away');
    expect(refused.health.read()).toMatchObject({ connection: 'refused' });
    expect(left.link.phase).toBe('in-step');
  });

  it('and says so where it may not write the state', async () => {
    const { port } = await startBroker({
      users: { core: 'secret' },
      acl: ['user core', 'topic read #', 'topic write tiercel/v1/node/#'],
    });
    const core = openCore({
      port,
      world: new FakeWorldModel({ entries: { a: 1 } }),
      settings: { username: 'core', password: 'secret' },
    });

    const reason = await core.health.untilDegraded(/write/);

    expect(reason).toMatch(/does not let us write tiercel\/v1\/state\/#/);
  });

  it('and says so where it may not read what it must', async () => {
    const { port } = await startBroker({
      users: { core: 'secret' },
      acl: ['user core', 'topic write tiercel/v1/#'],
    });
    const core = openCore({
      port,
      world: new FakeWorldModel({ entries: { a: 1 } }),
      settings: { username: 'core', password: 'secret' },
      clock: new ShiftedClock({ speed: 20 }),
    });

    const reason = await core.health.untilDegraded(/reply/);

    expect(reason).toMatch(/does not send us what is published on tiercel\/v1\/node\/core-1\/reply/);
  });
});
