import { afterEach, expect, it } from '@jest/globals';
import { type WorldModel, WorldModelError } from '@tiercel/capabilities/world-model';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { describeWithMosquitto } from '@tiercel/testkit';
import { Mosquitto, type MosquittoOptions } from '@tiercel/testkit/mosquitto';
import { OldBroker } from '../connection/old-broker.test.support.js';
import { formatEnvelope, type ObserveEnvelope, type ReplyEnvelope } from '../wire/envelope.js';
import { uuidV7 } from '../wire/uuid-v7.js';
import {
  Listener,
  type OpenCoreOptions,
  openCore as openUnowned,
  storeEpochMs,
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

const hlcAt = (ms: number, node = 'edge-1') => `${String(storeEpochMs + ms).padStart(13, '0')}-0000-${node}`;

/** An observation by edge-1 of `a`, but for what is said. */
function observation(facts: Partial<ObserveEnvelope> & { readonly value?: unknown } = {}): ObserveEnvelope {
  return {
    id: uuidV7(),
    op: 'put',
    key: 'a',
    value: 1,
    hlc: hlcAt(1_000),
    origin: 'tools-home',
    boot: 'boot-1',
    timeMs: storeEpochMs,
    ...facts,
  } as ObserveEnvelope;
}

/** Publishes as edge-1, and settles with the reply. */
async function ask(listener: Listener, envelope: ObserveEnvelope): Promise<ReplyEnvelope> {
  const before = listener.messages.length;
  await listener.client.publishAsync(topics.observe('edge-1'), formatEnvelope(envelope), { qos: 1 });
  return listener.until(() => {
    for (const { topic, payload } of listener.messages.slice(before)) {
      if (topic !== topics.reply('edge-1')) continue;
      const reply = JSON.parse(payload.toString()) as ReplyEnvelope;
      if (reply.ref === envelope.id) return reply;
    }
    return undefined;
  });
}

describeWithMosquitto('CoreLink takes observations', () => {
  async function start(world: WorldModel = new FakeWorldModel()) {
    const { port } = await startBroker();
    const listener = await listen(port);
    const core = openCore({ port, world });
    await core.health.untilReady();
    return { ...core, world, listener, port };
  }

  it('with their time and origin, and replies with the revision', async () => {
    const { world, listener } = await start();

    const reply = await ask(listener, observation({ value: { on: true }, ttlMs: 5_000 } as object));

    const entry = await world.get('a');
    expect(reply).toEqual({ schema: 1, ref: reply.ref, status: 'accepted', revision: entry?.revision });
    expect(entry).toMatchObject({
      value: { on: true },
      origin: 'tools-home',
      hlc: hlcAt(1_000),
      ttlMs: 5_000,
    });
  });

  it('that forget an entry, and tells whether there was one', async () => {
    const { world, listener } = await start();
    await ask(listener, observation());
    const { revision } = await world.snapshot();

    const forgotten = await ask(listener, observation({ op: 'del', hlc: hlcAt(2_000) }));
    const unknown = await ask(listener, observation({ op: 'del', key: 'b', hlc: hlcAt(2_000) }));

    expect(forgotten).toMatchObject({ status: 'accepted', revision: revision + 1 });
    expect(unknown).toMatchObject({ status: 'accepted', revision: 0 });
    expect(await world.get('a')).toBeUndefined();
  });

  it('and refuses with the code of the store', async () => {
    const { world, listener } = await start();
    await ask(listener, observation({ hlc: hlcAt(2_000) }));

    const conflict = await ask(listener, observation({ hlc: hlcAt(3_000), baseRevision: 0 }));
    const older = await ask(listener, observation({ hlc: hlcAt(1_000) }));

    expect(conflict).toMatchObject({ status: 'refused', code: 'WORLD_MODEL_CONFLICT' });
    expect(older).toMatchObject({ status: 'refused', code: 'WORLD_MODEL_SUPERSEDED' });
    expect((await world.get('a'))?.hlc).toBe(hlcAt(2_000));
  });

  it('once, however often they come', async () => {
    const { world, listener } = await start();
    const put = observation({ baseRevision: 0 });
    const ahead = observation({ key: 'ahead', hlc: hlcAt(86_400_000) });
    const del = observation({ op: 'del', hlc: hlcAt(2_000) });

    const replies = [];
    for (const envelope of [put, put, ahead, ahead, del, del]) replies.push(await ask(listener, envelope));

    const revisions = replies.map((reply) => reply.status === 'accepted' && reply.revision);
    expect(revisions).toEqual([1, 1, 2, 2, 3, 3]);
    expect((await world.snapshot()).revision).toBe(3);
  });

  it('of nodes whose clocks are a day behind or ahead, in the order that is left', async () => {
    const { world, listener } = await start();
    const dayMs = 86_400_000;

    const behind = await ask(
      listener,
      observation({ value: 'behind', hlc: hlcAt(-dayMs), timeMs: storeEpochMs - dayMs }),
    );
    const ahead = await ask(
      listener,
      observation({ value: 'ahead', hlc: hlcAt(dayMs), timeMs: storeEpochMs + dayMs }),
    );
    const now = await ask(listener, observation({ value: 'now', hlc: hlcAt(1_000) }));

    expect([behind.status, ahead.status, now.status]).toEqual(['accepted', 'accepted', 'accepted']);
    expect(await world.get('a')).toMatchObject({ value: 'now', timeMs: storeEpochMs });
  });

  it('again when it could not confirm them, and applies them once', async () => {
    const store = new FakeWorldModel();
    let failures = 1;
    // Written, but the way back is cut: as if the process had gone between the store and the confirmation.
    const observe: WorldModel['observe'] = async (request) => {
      const entry = await store.observe(request);
      if (failures-- > 0)
        throw new WorldModelError('WORLD_MODEL_UNREACHABLE', { key: request.key, finding: 'cut' });
      return entry;
    };
    const world = new Proxy(store, {
      get(target, property) {
        if (property === 'observe') return observe;
        const member: unknown = Reflect.get(target, property, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const { listener, health } = await start(world);

    const reply = await ask(listener, observation());

    expect(reply).toMatchObject({ status: 'accepted', revision: 1 });
    expect((await store.snapshot()).revision).toBe(1);
    expect(health.told.join()).toMatch(/could not be handled/);
  });

  it('that were made while it was away', async () => {
    const { world, listener, link, port } = await start();
    await link[Symbol.asyncDispose]();
    await listener.client.publishAsync(topics.observe('edge-1'), formatEnvelope(observation()), { qos: 1 });

    const next = openCore({ port, world });
    await next.health.untilReady();
    await listener.until((heard) => heard.states().get('a'));

    expect(await valuesOf(world)).toEqual({ a: 1 });
  });

  it('and passes the trace on with its reply', async () => {
    const { listener } = await start();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

    await listener.client.publishAsync(topics.observe('edge-1'), formatEnvelope(observation()), {
      qos: 1,
      properties: { userProperties: { traceparent } },
    });
    const reply = await listener.until(({ messages }) =>
      messages.find(({ topic }) => topic === topics.reply('edge-1')),
    );

    expect(reply.properties?.userProperties).toEqual({ traceparent });
  });

  it('but counts what it does not understand, and goes on', async () => {
    const { world, listener, health } = await start();
    const hostile = [
      Buffer.from([0xff, 0xfe]),
      Buffer.from('{"schema":1'),
      Buffer.from('{"schema":2}'),
      Buffer.from(`{"schema":1,"value":${'['.repeat(30_000)}`),
      Buffer.alloc(100_000, 0x20),
      Buffer.from(formatEnvelope(observation({ key: '$SYS/a' }))),
    ];

    for (const payload of hostile) {
      await listener.client.publishAsync(topics.observe('edge-1'), payload, { qos: 1 });
    }
    await ask(listener, observation());

    expect(health.read()).toMatchObject({ quarantined: hostile.length, phase: 'in-step' });
    expect(await valuesOf(world)).toEqual({ a: 1 });
  });
});

describeWithMosquitto('CoreLink ingests what devices say', () => {
  async function start(options: Partial<OpenCoreOptions<FakeWorldModel>> = {}) {
    const { port } = await startBroker({
      config: ['autosave_on_changes false', 'message_size_limit 0', 'max_queued_messages 100000'],
    });
    const listener = await listen(port);
    const core = openCore({ port, world: new FakeWorldModel(), ...options });
    await core.health.untilReady();
    const say = (topic: string, payload: string | Buffer, isRetained = false) =>
      listener.client.publishAsync(topic, payload, { qos: 1, retain: isRetained });
    return { ...core, listener, port, say };
  }

  it('as JSON or else as text, under the topic as its key', async () => {
    const { world, listener, say } = await start();

    await say('telemetry/lamp-1/power', 'on');
    await say('telemetry/lamp-1/report', '{"watts":4,"__proto__":{"a":1}}');
    await say('telemetry/lamp-1/watts', '4.5');
    await listener.until((heard) => Object.keys(heard.values()).length === 3);

    expect(await world.get('telemetry/lamp-1/power')).toMatchObject({ value: 'on', origin: 'mqtt' });
    expect((await world.get('telemetry/lamp-1/watts'))?.value).toBe(4.5);
    expect(JSON.stringify((await world.get('telemetry/lamp-1/report'))?.value)).toBe(
      '{"watts":4,"__proto__":{"a":1}}',
    );
  });

  it('on several topics, and on none of ours', async () => {
    const { world, listener, say } = await start({ ingest: ['sensors/+/state', '#'] });

    await say('sensors/door/state', 'open');
    await say('anything/else', '1');
    await listener.until((heard) => Object.keys(heard.values()).length === 2);

    expect(await valuesOf(world)).toEqual({ 'sensors/door/state': 'open', 'anything/else': 1 });
  });

  it('as a scalar and then below it, and the other way round', async () => {
    const { world, listener, say } = await start();

    await say('telemetry/a', '1');
    await say('telemetry/a/b', '2');
    await say('telemetry/c/d', '3');
    await say('telemetry/c', '4');
    await listener.until((heard) => Object.keys(heard.values()).length === 4);

    expect(await valuesOf(world)).toEqual({
      'telemetry/a': 1,
      'telemetry/a/b': 2,
      'telemetry/c/d': 3,
      'telemetry/c': 4,
    });
  });

  it('without a new revision for a retained copy that is known', async () => {
    const { world, listener, say, link, port } = await start();
    await say('telemetry/lamp/power', 'on', true);
    await listener.until((heard) => heard.states().get('telemetry/lamp/power'));
    await link[Symbol.asyncDispose]();
    const { revision } = await world.snapshot();

    const next = openCore({ port, world });
    await next.health.untilReady();
    await say('telemetry/last', '1');
    await listener.until((heard) => heard.states().get('telemetry/last'));

    expect((await world.snapshot()).revision).toBe(revision + 1);
  });

  it('without undoing what somebody observed after the retained copy', async () => {
    const { world, listener, say, link, port } = await start();
    await say('telemetry/lamp/power', 'on', true);
    await listener.until((heard) => heard.states().get('telemetry/lamp/power'));
    await world.observe({ key: 'telemetry/lamp/power', value: 'off', origin: 'tools-home' });
    await link[Symbol.asyncDispose]();

    const next = openCore({ port, world });
    await next.health.untilReady();
    await say('telemetry/last', '1');
    await listener.until((heard) => heard.states().get('telemetry/last'));

    expect((await world.get('telemetry/lamp/power'))?.value).toBe('off');
  });

  it('that a device retained while nobody listened', async () => {
    const { world, listener, say, link, port } = await start();
    await say('telemetry/lamp/power', 'on', true);
    await listener.until((heard) => heard.states().get('telemetry/lamp/power'));
    await link[Symbol.asyncDispose]();
    await say('telemetry/lamp/power', 'off', true);

    openCore({ port, world });
    await listener.until((heard) => heard.values()['telemetry/lamp/power'] === 'off');

    expect((await world.get('telemetry/lamp/power'))?.value).toBe('off');
  });

  it('but neither too much of it, nor what is no text, too deep or under a wrong key', async () => {
    const { world, listener, say, health } = await start();
    const nested = '['.repeat(20) + ']'.repeat(20);

    await say('telemetry/large', Buffer.alloc(65_537, 0x61));
    await say('telemetry/bytes', Buffer.from([0xc3, 0x28]));
    await say('telemetry/deep', nested);
    await say('telemetry/$odd', '1');
    await say('telemetry/ä/b', '1');
    await say('telemetry/a/b/c/d/e/f/g/h', '1');
    // The broker does not even send what is larger than we take.
    await say('telemetry/huge', Buffer.alloc(5 * 1024 * 1024, 0x61));
    await say('telemetry/fine', '1');
    await listener.until((heard) => heard.states().get('telemetry/fine'));

    expect(health.read()).toMatchObject({ quarantined: 6, ingested: 1, connection: 'connected' });
    expect(await valuesOf(world)).toEqual({ 'telemetry/fine': 1 });
  });

  it('of 10,000 devices at once', async () => {
    const { world, listener, say, health } = await start();

    await Promise.all(
      Array.from({ length: 10_000 }, (_, index) => say(`telemetry/device-${index}/x`, `${index}`)),
    );
    await listener.until(({ retained }) => retained.size === 10_001);

    expect(Object.keys(await valuesOf(world))).toHaveLength(10_000);
    expect(health.read()).toMatchObject({ ingested: 10_000, quarantined: 0 });
  });

  it('until the store is full, and counts the rest', async () => {
    const { world, say, listener, health } = await start({ world: new FakeWorldModel({ capacity: 100 }) });

    await Promise.all(Array.from({ length: 1_000 }, (_, index) => say(`telemetry/device-${index}/x`, '1')));
    await say('telemetry/device-0/x', 'last');
    await listener.until((heard) => heard.values()['telemetry/device-0/x'] === 'last');

    const facts = health.read();
    expect(Object.keys(await valuesOf(world))).toHaveLength(100);
    expect(facts).toMatchObject({ ingested: 101, quarantined: 900 });
    expect(facts['latestQuarantined']).toHaveLength(32);
  });
});

describeWithMosquitto('CoreLink with MQTT_MIRROR', () => {
  it('tells devices what was observed of them, and does not hear itself', async () => {
    const { port } = await startBroker();
    const listener = await listen(port);
    const { health, world } = openCore({ port, mirror: true, world: new FakeWorldModel() });
    await health.untilReady();

    await world.observe({ key: 'telemetry/lamp/power', value: 'on', origin: 'tools-home' });
    await world.observe({ key: 'telemetry/lamp/colour', value: { hue: 7 }, origin: 'tools-home' });
    await world.observe({ key: 'device/lamp/state', value: 'on', origin: 'tools-home' });
    const { revision } = await world.snapshot();
    await listener.client.publishAsync('telemetry/lamp/watts', '4', { qos: 1 });
    await listener.until((heard) => heard.states().get('telemetry/lamp/watts'));

    const raw = await listener.until(({ messages }) => {
      const found = messages.filter(({ topic }) => topic.startsWith('telemetry/'));
      return found.length >= 3 && found;
    });
    expect(raw.map(({ topic, payload, retain }) => [topic, payload.toString(), retain]).sort()).toEqual([
      ['telemetry/lamp/colour', '{"hue":7}', false],
      ['telemetry/lamp/power', 'on', false],
      ['telemetry/lamp/watts', '4', false],
    ]);
    expect((await world.snapshot()).revision).toBe(revision + 1);
  });

  it('does not take its own message for one of a device where MQTT 3.1.1 sends it back', async () => {
    const { port } = await startBroker();
    const old = own(await OldBroker.open(port));
    const listener = await listen(port);
    const { health, world } = openCore({ port: old.port, mirror: true, world: new FakeWorldModel() });
    await health.untilReady();

    await world.observe({ key: 'telemetry/lamp/power', value: 'on', origin: 'tools-home' });
    await listener.until(({ messages }) => messages.some(({ topic }) => topic === 'telemetry/lamp/power'));
    await listener.client.publishAsync('telemetry/lamp/watts', '4', { qos: 1 });
    await listener.until((heard) => heard.states().get('telemetry/lamp/watts'));

    expect(old.versions).toEqual([5, 4]);
    expect((await world.get('telemetry/lamp/power'))?.origin).toBe('tools-home');
    expect((await world.snapshot()).revision).toBe(2);
  });
});
