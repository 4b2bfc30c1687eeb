import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeCertificates } from '@tiercel/testkit/mosquitto';
import { generate } from 'mqtt-packet';
import { rawConnection, serveBroker, TestClient } from './broker.test.support.js';
import { clientsGauge, incidentsTotal, messagesTotal, retainedGauge } from './broker-metrics.js';

const users = { core: 'core-secret', 'edge-1': 'one', 'edge-2': 'two' };
const login = (username: keyof typeof users) => ({ username, password: users[username] });

/** What a plugin said that kept the node from starting. */
async function causeOf(starting: Promise<AsyncDisposable>): Promise<Error> {
  try {
    await (await starting)[Symbol.asyncDispose]();
  } catch (error) {
    let cause = error;
    while (cause instanceof Error && String(Reflect.get(cause, 'code')).startsWith('KERNEL_') && cause.cause)
      cause = cause.cause;
    return cause as Error;
  }
  throw new Error('The broker started.');
}

describe('broker-embedded', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-broker-'));
    await makeCertificates(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));
  const file = (name: string) => path.join(folder, name);

  it('carries messages on loopback without users, and tells how it is', async () => {
    await using broker = await serveBroker();
    await using edge = await TestClient.connect(broker.url);
    await edge.client.subscribeAsync('a/#', { qos: 1 });

    await edge.client.publishAsync('a/b', 'hello', { qos: 1, retain: true });

    expect(await edge.received(1)).toEqual(['hello']);
    expect(broker.facts()).toMatchObject({ clients: 1, sessions: 0, retainedMessages: 1, incidents: {} });
    expect(broker.metrics.valueOf(clientsGauge)).toBe(1);
    expect(broker.metrics.valueOf(messagesTotal)).toBe(1);
  });

  it('refuses MQTT 5 with the code after which a client falls back to 3.1.1', async () => {
    await using broker = await serveBroker();

    await expect(TestClient.connect(broker.url, { protocolVersion: 5 })).rejects.toMatchObject({ code: 1 });
    await using older = await TestClient.connect(broker.url, { protocolVersion: 4 });

    expect(older.client.connected).toBe(true);
  });

  it('sends the will of a client whose connection breaks, at once', async () => {
    await using broker = await serveBroker();
    await using core = await TestClient.connect(broker.url);
    await core.client.subscribeAsync('status', { qos: 1 });
    const will = { topic: 'status', payload: Buffer.from('offline'), qos: 1, retain: true } as const;
    await using edge = await TestClient.connect(broker.url, { will });

    edge.client.stream.destroy();

    expect(await core.received(1)).toEqual(['offline']);
  });

  it('does not start where strangers reach it without users', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'core.lan']) {
      expect(await causeOf(serveBroker({ host }))).toMatchObject({ code: 'BROKER_USERS_REQUIRED' });
    }
  });

  it('starts there with users, and warns where passwords cross the network unencrypted', async () => {
    await using broker = await serveBroker({ host: '0.0.0.0', users });
    await using edge = await TestClient.connect(`mqtt://127.0.0.1:${broker.port}`, login('edge-1'));

    expect(edge.client.connected).toBe(true);
    expect(broker.log.messages('warn')).toHaveLength(1);
  });

  it('names everything that is wrong with its configuration, and no password', async () => {
    const error = await causeOf(
      serveBroker({ users: { 'a/b': 'secret', c: '', d: 12 }, prefix: 'tiercel/#' }),
    );

    expect(error).toMatchObject({ code: 'BROKER_CONFIG_INVALID' });
    for (const part of ['"a/b"', '"c"', '"d"', 'tiercel/#']) expect(error.message).toContain(part);
    expect(error.message).not.toContain('secret');
  });

  it('takes its users from the environment', async () => {
    await using broker = await serveBroker({}, { BROKER_USERS: JSON.stringify(users) });
    await using edge = await TestClient.connect(broker.url, login('edge-1'));

    expect(edge.client.connected).toBe(true);
    await expect(TestClient.connect(broker.url)).rejects.toMatchObject({ code: 4 });
  });

  it('tells that its address is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : 0;

    const error = await causeOf(serveBroker({ port }));
    other.close();

    expect(error).toMatchObject({
      code: 'BROKER_LISTEN_FAILED',
      message: expect.stringContaining(`:${port}`),
    });
  });

  it('speaks TLS, also beyond this machine without a warning', async () => {
    const tls = { tlsCertFile: file('server.crt'), tlsKeyFile: file('server.key') };
    await using broker = await serveBroker({ host: '0.0.0.0', users, ...tls });
    const url = `mqtts://localhost:${broker.port}`;

    await using edge = await TestClient.connect(url, {
      ...login('edge-1'),
      ca: await readFile(file('ca.crt')),
    });

    expect(edge.client.connected).toBe(true);
    expect(broker.log.messages('warn')).toEqual([]);
    await expect(TestClient.connect(url, login('edge-1'))).rejects.toThrow();
  });

  it('does not start with half a pair of certificate and key, or with one that does not fit', async () => {
    const half = await causeOf(serveBroker({ tlsCertFile: file('server.crt') }));
    const wrong = await causeOf(
      serveBroker({ tlsCertFile: file('server.crt'), tlsKeyFile: file('client.key') }),
    );

    expect([half, wrong]).toMatchObject([{ code: 'BROKER_TLS_INVALID' }, { code: 'BROKER_TLS_INVALID' }]);
  });

  it('lets in who has the password of a user', async () => {
    await using broker = await serveBroker({ users });

    await using edge = await TestClient.connect(broker.url, login('edge-1'));

    expect(edge.client.connected).toBe(true);
    for (const wrong of [
      {},
      { username: 'edge-1' },
      { username: 'edge-1', password: 'two' },
      { username: 'x', password: '' },
    ]) {
      await expect(TestClient.connect(broker.url, wrong)).rejects.toMatchObject({ code: 4 });
    }
    expect(broker.facts().incidents).toEqual({ login: 4 });
  });

  it('keeps the id of a client for its user, connected or away', async () => {
    await using broker = await serveBroker({ users });
    const id = { clientId: 'edge-1-edge' };
    await using edge = await TestClient.connect(broker.url, { ...login('edge-1'), ...id });
    {
      await using away = await TestClient.connect(broker.url, {
        ...login('edge-1'),
        clientId: 'b',
        clean: false,
      });
      await away.client.subscribeAsync('b', { qos: 1 });
    }

    await expect(TestClient.connect(broker.url, { ...login('edge-2'), ...id })).rejects.toMatchObject({
      code: 2,
    });
    await expect(TestClient.connect(broker.url, { ...login('edge-2'), clientId: 'b' })).rejects.toMatchObject(
      { code: 2 },
    );

    expect(edge.client.connected).toBe(true);
    expect(broker.log.lines.find(({ level }) => level === 'warn')).toMatchObject({
      fields: { cause: 'login', error: { code: 'BROKER_LOGIN_REFUSED' } },
    });
    await using again = await TestClient.connect(broker.url, { ...login('edge-1'), ...id });
    await edge.closed();
    expect(again.client.connected).toBe(true);
  });

  it('acknowledges and drops what its sender may not write, and goes on', async () => {
    await using broker = await serveBroker({ users });
    await using core = await TestClient.connect(broker.url, login('core'));
    await using edge = await TestClient.connect(broker.url, login('edge-1'));
    await core.client.subscribeAsync('#', { qos: 1 });

    for (const topic of ['state/lamp', 'node/edge-2/observe', 'node/edge-1/reply', 'node/edge-1/observe']) {
      await edge.client.publishAsync(`tiercel/v1/${topic}`, topic, {
        qos: 1,
        retain: topic === 'state/lamp',
      });
    }

    expect(await core.received(1)).toEqual(['node/edge-1/observe']);
    expect(broker.facts()).toMatchObject({ retainedMessages: 0, incidents: { 'write-forbidden': 3 } });
    expect(broker.metrics.valueOf(incidentsTotal, { cause: 'write-forbidden' })).toBe(3);
  });

  it('does not send the will that its sender may not write', async () => {
    await using broker = await serveBroker({ users });
    await using core = await TestClient.connect(broker.url, login('core'));
    await core.client.subscribeAsync('#', { qos: 1 });
    const will = {
      topic: 'tiercel/v1/state/lamp',
      payload: Buffer.from('forged'),
      qos: 1,
      retain: true,
    } as const;
    await using edge = await TestClient.connect(broker.url, { ...login('edge-1'), will });

    edge.client.stream.destroy();
    await core.whenClients(broker, 1);

    expect(core.texts.filter((text) => text !== '')).toEqual([]);
    expect(broker.facts().incidents).toEqual({ 'write-forbidden': 1 });
  });

  it('shows a node what is said to it, and not what is said to others, however wide its filter', async () => {
    await using broker = await serveBroker({ users });
    await using core = await TestClient.connect(broker.url, login('core'));
    await using edge = await TestClient.connect(broker.url, login('edge-1'));
    await edge.client.subscribeAsync('#', { qos: 1 });

    for (const node of ['edge-2', 'edge-1']) {
      await core.client.publishAsync(`tiercel/v1/node/${node}/reply`, node, { qos: 1 });
    }

    expect(await edge.received(1)).toEqual(['edge-1']);
    const [refused] = await edge.client.subscribeAsync('$SYS/#', { qos: 1 }).catch(() => [{ qos: 128 }]);
    expect(refused).toMatchObject({ qos: 128 });
  });

  it('cuts a client that announces a packet beyond the limit, before it has sent it', async () => {
    await using broker = await serveBroker({ maxPacketBytes: 2_048 });
    await using other = await TestClient.connect(broker.url);
    await using raw = await rawConnection(broker.port);
    const closed = once(raw, 'close');

    raw.write(
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clientId: 'big',
        clean: true,
        keepalive: 0,
      }),
    );
    raw.write(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f));
    await closed;
    await other.whenClients(broker, 1);

    expect(broker.facts().incidents).toEqual({ 'client-cut': 1 });
    expect(broker.log.lines.find(({ level }) => level === 'warn')).toMatchObject({
      fields: {
        error: { code: 'BROKER_CLIENT_CUT', message: expect.stringContaining('packet-too-large') },
      },
    });
  });

  it('cuts a client that does not read, and holds up nobody for it', async () => {
    await using broker = await serveBroker({ queueBytes: 65_536 });
    await using raw = await rawConnection(broker.port);
    const closed = once(raw, 'close');
    raw.write(
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clientId: 'slow',
        clean: true,
        keepalive: 0,
      }),
    );
    raw.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'flood', qos: 0 }] }));
    await once(raw, 'data');
    raw.pause();
    await using other = await TestClient.connect(broker.url);
    await other.client.subscribeAsync('flood', { qos: 0 });

    // What the system keeps for a socket comes on top of what the broker keeps.
    const payload = Buffer.alloc(60_000);
    while (broker.facts().clients > 1) await other.client.publishAsync('flood', payload, { qos: 1 });
    raw.resume();
    await closed;

    expect(broker.facts().incidents).toEqual({ 'client-cut': 1 });
    expect(other.messages.length).toBeGreaterThan(0);
    expect(broker.log.lines.find(({ level }) => level === 'warn')).toMatchObject({
      fields: {
        clientId: 'slow',
        error: { code: 'BROKER_CLIENT_CUT', message: expect.stringContaining('reads-too-slowly') },
      },
    });
  });

  it('delivers retained messages to a slow client at its pace, however many there are', async () => {
    await using broker = await serveBroker({ queueBytes: 65_536 });
    await using core = await TestClient.connect(broker.url);
    const payload = Buffer.alloc(50_000);
    for (let index = 0; index < 100; index += 1) {
      await core.client.publishAsync(`state/${index}`, payload, { qos: 1, retain: true });
    }

    await using edge = await TestClient.connect(broker.url);
    await edge.client.subscribeAsync('state/#', { qos: 0 });
    await edge.received(100);

    expect(broker.facts().incidents).toEqual({});
  });

  it('takes no more retained messages than it may keep, but changes and deletes those it has', async () => {
    await using broker = await serveBroker({ retainedMessages: 2 });
    await using core = await TestClient.connect(broker.url);
    const publish = (topic: string, text: string) =>
      core.client.publishAsync(topic, text, { qos: 1, retain: true });

    for (const topic of ['a', 'b', 'c']) await publish(topic, '1');
    await publish('a', '2');
    await publish('b', '');
    await publish('d', '1');
    await core.client.subscribeAsync('#', { qos: 1 });

    await core.received(2);
    expect(core.messages.map(({ topic, text }) => `${topic}=${text}`)).toEqual(['a=2', 'd=1']);
    expect(broker.facts().incidents).toEqual({ 'retained-full': 1 });
    expect(broker.metrics.valueOf(retainedGauge)).toBe(2);
  });

  it('counts the bytes of retained messages, and frees them', async () => {
    await using broker = await serveBroker({ retainedBytes: 65_536 });
    await using core = await TestClient.connect(broker.url);
    const payload = Buffer.alloc(40_000);
    const publish = (topic: string, data: Buffer) =>
      core.client.publishAsync(topic, data, { qos: 1, retain: true });

    await publish('a', payload);
    await publish('b', payload);
    await publish('a', payload);
    const full = broker.facts();
    await publish('a', Buffer.alloc(0));
    await core.client.publishAsync('end', '', { qos: 1 });

    expect(full).toMatchObject({ retainedMessages: 1, incidents: { 'retained-full': 1 } });
    expect(broker.facts()).toMatchObject({ retainedMessages: 0, retainedBytes: 0 });
  });

  it('closes connections beyond the limit', async () => {
    await using broker = await serveBroker({ maxClients: 1 });
    await using client = await TestClient.connect(broker.url);

    await using surplus = await rawConnection(broker.port);
    if (!surplus.closed) await once(surplus, 'close');

    expect(client.client.connected).toBe(true);
    expect(broker.facts().incidents).toEqual({ 'connections-full': 1 });
  });

  it('closes a connection that does not say who it is', async () => {
    await using broker = await serveBroker({ connectTimeoutMs: 50 });
    await using silent = await rawConnection(broker.port);

    if (!silent.closed) await once(silent, 'close');

    expect(broker.facts().clients).toBe(0);
  });

  it('refuses a keepalive beyond the limit', async () => {
    await using broker = await serveBroker({ maxKeepaliveSeconds: 60 });

    await using client = await TestClient.connect(broker.url, { keepalive: 60 });

    expect(client.client.connected).toBe(true);
    await expect(TestClient.connect(broker.url, { keepalive: 61 })).rejects.toMatchObject({ code: 6 });
  });

  it('survives whatever bytes arrive', async () => {
    await using broker = await serveBroker();
    await using core = await TestClient.connect(broker.url);
    const connect = generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clientId: 'x',
      clean: true,
      keepalive: 0,
    });
    const hostile = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(4_096),
      Buffer.concat([connect, Buffer.from([0x32, 4, 0, 9, 0x61, 0x62])]),
      Buffer.concat([
        connect,
        generate({ cmd: 'publish', topic: 'a/'.repeat(100), payload: '', qos: 0, dup: false, retain: true }),
      ]),
      Buffer.concat([connect, Buffer.from([0xf0, 0])]),
    ];

    for (const bytes of hostile) {
      await using raw = await rawConnection(broker.port);
      const closed = once(raw, 'close');
      raw.resume();
      raw.end(bytes);
      await closed;
    }
    await core.client.subscribeAsync('a', { qos: 1 });
    await core.client.publishAsync('a', 'well', { qos: 1 });

    expect(await core.received(1)).toEqual(['well']);
  });

  it('logs what repeats once a minute, with how often it happened meanwhile', async () => {
    await using broker = await serveBroker({ users });
    await using edge = await TestClient.connect(broker.url, login('edge-1'));
    const forbidden = () => edge.client.publishAsync('tiercel/v1/state/a', '', { qos: 1 });
    const lines = () => broker.log.messages('warn').length;

    for (let count = 0; count < 5; count += 1) await forbidden();
    const before = lines();
    await broker.clock.advance(60_000);
    await forbidden();

    expect([before, lines()]).toEqual([1, 2]);
    expect(broker.log.lines.at(-1)).toMatchObject({
      fields: { cause: 'write-forbidden', unloggedBefore: 4 },
    });
  });

  it('closes every connection when the node stops', async () => {
    await using broker = await serveBroker();
    await using edge = await TestClient.connect(broker.url, { clean: false, clientId: 'edge' });
    await using raw = await rawConnection(broker.port);
    const closed = [edge.closed(), once(raw, 'close')];

    await broker.stop();

    await Promise.all(closed);
    expect(edge.client.connected).toBe(false);
  });
});
