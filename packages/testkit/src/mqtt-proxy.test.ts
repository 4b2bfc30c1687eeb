import { afterEach, expect, it } from '@jest/globals';
import { connectAsync, type IPublishPacket, type MqttClient } from 'mqtt';
import { describeWithMosquitto } from './describe-with-mosquitto.js';
import { Mosquitto } from './mosquitto.js';
import { MqttProxy, type MqttProxyOptions } from './mqtt-proxy.js';

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const { close } of opened.splice(0).reverse()) await close();
});

async function open(disturb?: MqttProxyOptions['disturb']): Promise<MqttProxy> {
  const mosquitto = await Mosquitto.start();
  opened.push({ close: () => mosquitto[Symbol.asyncDispose]() });
  const proxy = await MqttProxy.open({ targetPort: mosquitto.port, ...(disturb && { disturb }) });
  opened.push({ close: () => proxy[Symbol.asyncDispose]() });
  return proxy;
}

async function connect(proxy: MqttProxy): Promise<MqttClient> {
  const options = { protocolVersion: 5, reconnectPeriod: 0 } as const;
  const client = await connectAsync(`mqtt://127.0.0.1:${proxy.port}`, options, false);
  client.on('error', () => {});
  opened.push({ close: () => client.endAsync(true) });
  return client;
}

function closed(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once('close', resolve));
}

function received(client: MqttClient, count: number): Promise<readonly IPublishPacket[]> {
  const packets: IPublishPacket[] = [];
  return new Promise((resolve) => {
    client.on('message', (_topic, _payload, packet) => {
      packets.push(packet);
      if (packets.length === count) resolve(packets);
    });
  });
}

describeWithMosquitto('MqttProxy', () => {
  it('carries everything as it is', async () => {
    const client = await connect(await open());
    const payload = Buffer.alloc(70_000, 'x');
    const two = received(client, 2);

    await client.subscribeAsync('a', { qos: 1 });
    await client.publishAsync('a', payload, { qos: 1 });
    await client.publishAsync('a', 'b', { qos: 1 });

    expect((await two).map((packet) => packet.payload.toString())).toEqual([payload.toString(), 'b']);
  });

  it('repeats a message, which then arrives twice', async () => {
    const proxy = await open(({ topic }, direction) =>
      topic === 'twice' && direction === 'to-broker' ? 'twice' : 'pass',
    );
    const client = await connect(proxy);
    const three = received(client, 3);

    await client.subscribeAsync('#', { qos: 1 });
    await client.publishAsync('twice', '1', { qos: 1 });
    await client.publishAsync('once', '2', { qos: 1 });

    expect((await three).map((packet) => packet.payload.toString())).toEqual(['1', '1', '2']);
  });

  it('loses the acknowledgement of what has arrived, and the connection with it', async () => {
    const proxy = await open(({ type }) => (type === 'puback' ? 'lose' : 'pass'));
    const client = await connect(proxy);
    const other = await connect(proxy);
    const one = received(other, 1);
    await other.subscribeAsync('a', { qos: 0 });

    const gone = closed(client);
    client.publish('a', '1', { qos: 1 });
    await gone;

    expect((await one)[0]?.payload.toString()).toBe('1');
  });

  it('cuts connections and takes none until it is mended', async () => {
    const proxy = await open();
    const client = await connect(proxy);
    const gone = closed(client);

    proxy.cut();
    await gone;

    await expect(connect(proxy)).rejects.toThrow();
    proxy.mend();
    expect((await connect(proxy)).connected).toBe(true);
  });

  it('holds everything back in silence, and delivers it later', async () => {
    const proxy = await open();
    const client = await connect(proxy);

    proxy.silence();
    const published = client.publishAsync('a', '1', { qos: 1 });
    const outcome = await Promise.race([
      published,
      new Promise((resolve) => setImmediate(resolve, 'silent')),
    ]);
    proxy.mend();

    expect(outcome).toBe('silent');
    await expect(published).resolves.toBeDefined();
    expect(proxy.connections).toBe(1);
  });
});
