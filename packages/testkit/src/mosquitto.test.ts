import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterEach, expect, it } from '@jest/globals';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { describeWithMosquitto } from './describe-with-mosquitto.js';
import { Mosquitto, type MosquittoOptions } from './mosquitto.js';

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const { close } of opened.splice(0).reverse()) await close();
});

async function start(options?: MosquittoOptions): Promise<Mosquitto> {
  const mosquitto = await Mosquitto.start(options);
  opened.push({ close: () => mosquitto[Symbol.asyncDispose]() });
  return mosquitto;
}

async function connect(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0, ...options }, false);
  client.on('error', () => {});
  opened.push({ close: () => client.endAsync(true) });
  return client;
}

async function retained(client: MqttClient, topic: string): Promise<string> {
  const payload = new Promise<string>((resolve) => {
    client.once('message', (_topic, data) => resolve(data.toString()));
  });
  await client.subscribeAsync(topic);
  return payload;
}

describeWithMosquitto('Mosquitto', () => {
  it('carries messages of anybody unless users are named', async () => {
    const { brokerUrl } = await start();

    const client = await connect(brokerUrl);
    await client.publishAsync('a', 'kept', { qos: 1, retain: true });

    expect(await retained(client, 'a')).toBe('kept');
  });

  it('keeps retained messages that it has written down over kill -9', async () => {
    const mosquitto = await start();
    const client = await connect(mosquitto.brokerUrl);
    await client.publishAsync('a', 'kept', { qos: 1, retain: true });
    while (!existsSync(mosquitto.file('store/mosquitto.db')))
      await client.publishAsync('tick', '', { qos: 1 });

    const lost = new Promise<void>((resolve) => client.once('close', resolve));
    await mosquitto.kill();
    await lost;
    const wasRunning = mosquitto.isRunning;
    await mosquitto.restart();

    expect([wasRunning, mosquitto.isRunning]).toEqual([false, true]);
    expect(await retained(await connect(mosquitto.brokerUrl), 'a')).toBe('kept');
  });

  it('lets in who has a password, and everybody only where the list says so', async () => {
    const { brokerUrl } = await start({
      users: { edge: 'secret' },
      acl: ['user edge', 'topic write own/#', 'topic read own/#'],
    });

    await expect(connect(brokerUrl)).rejects.toMatchObject({ code: 135 });
    await expect(connect(brokerUrl, { username: 'edge', password: 'no' })).rejects.toMatchObject({
      code: 135,
    });
    const edge = await connect(brokerUrl, { username: 'edge', password: 'secret' });
    await edge.publishAsync('own/a', 'mine', { qos: 1, retain: true });

    await expect(edge.publishAsync('other', '', { qos: 1 })).rejects.toMatchObject({ code: 135 });
    expect(await retained(edge, 'own/a')).toBe('mine');
  });

  it("speaks TLS with certificates of its own, and asks for the client's", async () => {
    const { tlsUrl, certificates } = await start({ tls: { requiresClientCertificate: true } });
    const ca = await readFile(certificates.caFile);
    const cert = await readFile(certificates.clientCertFile);
    const key = await readFile(certificates.clientKeyFile);

    const client = await connect(tlsUrl, { ca, cert, key });

    expect(client.connected).toBe(true);
    await expect(connect(tlsUrl, { cert, key })).rejects.toThrow();
    await expect(connect(tlsUrl, { ca })).rejects.toThrow();
  });

  it('freezes without closing, and goes on', async () => {
    const mosquitto = await start();
    const client = await connect(mosquitto.brokerUrl);

    mosquitto.freeze();
    const published = client.publishAsync('a', '1', { qos: 1 });
    mosquitto.thaw();

    await expect(published).resolves.toBeDefined();
    expect(client.connected).toBe(true);
  });

  it('removes its folder when it is closed, also when it was frozen', async () => {
    const mosquitto = await Mosquitto.start();
    mosquitto.freeze();

    await mosquitto[Symbol.asyncDispose]();

    expect([mosquitto.isRunning, existsSync(mosquitto.folder)]).toEqual([false, false]);
  });

  it('tells where it was looked for in vain', async () => {
    await expect(Mosquitto.start({ executable: '/nowhere/mosquitto' })).rejects.toMatchObject({
      code: 'TESTKIT_MOSQUITTO_MISSING',
      details: { places: ['/nowhere/mosquitto'] },
    });
  });

  it('tells what it complains of', async () => {
    await expect(Mosquitto.start({ config: ['no_such_setting 1'] })).rejects.toMatchObject({
      code: 'TESTKIT_MOSQUITTO_DOWN',
      message: expect.stringContaining('no_such_setting'),
    });
  });
});
