import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeWithMosquitto } from '@tiercel/testkit';
import { Mosquitto } from '@tiercel/testkit/mosquitto';
import { serveBroker, TestClient } from './broker.test.support.js';

const users = { core: 'a', 'edge-1': 'b', 'edge-2': 'c' };
const login = (username: keyof typeof users) => ({ username, password: users[username] });

/** Who gets what of whom is the same with both brokers. */
function describeAccess(open: () => Promise<AsyncDisposable & { readonly url: string }>): void {
  it('lets nobody in without a password that fits', async () => {
    await using broker = await open();

    for (const wrong of [{}, { username: 'edge-1', password: 'c' }, { username: 'nobody', password: '' }]) {
      await expect(TestClient.connect(broker.url, wrong)).rejects.toMatchObject({
        message: expect.stringMatching(/^Connection refused/),
      });
    }
  });

  it('takes the state only from the core, and observations only from the node itself', async () => {
    await using broker = await open();
    await using core = await TestClient.connect(broker.url, login('core'));
    await using edge = await TestClient.connect(broker.url, login('edge-1'));
    await core.client.subscribeAsync('tiercel/v1/#', { qos: 1 });

    for (const topic of ['state/a', 'node/edge-2/observe', 'node/edge-2/status', 'node/edge-1/reply']) {
      await edge.client.publishAsync(`tiercel/v1/${topic}`, 'forged', { qos: 1 });
    }
    for (const topic of ['node/edge-1/observe', 'node/edge-1/status']) {
      await edge.client.publishAsync(`tiercel/v1/${topic}`, 'own', { qos: 1 });
    }

    expect(await core.received(2)).toEqual(['own', 'own']);
  });

  it('brings the state to every node, and replies only to the one that asked', async () => {
    await using broker = await open();
    await using core = await TestClient.connect(broker.url, login('core'));
    await using edge = await TestClient.connect(broker.url, login('edge-1'));
    await edge.client.subscribeAsync('tiercel/v1/#', { qos: 1 });

    for (const topic of [
      'node/edge-2/reply',
      'node/edge-1/reply',
      'state/lamp',
      'node/host-of-core/status',
    ]) {
      await core.client.publishAsync(`tiercel/v1/${topic}`, topic, {
        qos: 1,
        retain: topic === 'state/lamp',
      });
    }

    expect(await edge.received(3)).toEqual(['node/edge-1/reply', 'state/lamp', 'node/host-of-core/status']);
  });

  it('carries what devices say between everybody', async () => {
    await using broker = await open();
    await using core = await TestClient.connect(broker.url, login('core'));
    await using device = await TestClient.connect(broker.url, login('edge-2'));
    await core.client.subscribeAsync(['telemetry/#', 'homeassistant/#'], { qos: 1 });

    await device.client.publishAsync('telemetry/lamp/power', 'on', { qos: 1 });
    await device.client.publishAsync('homeassistant/light/lamp/config', '{}', { qos: 1, retain: true });

    expect(await core.received(2)).toEqual(['on', '{}']);
  });
}

/** The files that we ship, with folders and ports of this test in place of those of a house. */
async function startShipped({ hasTls = false } = {}): Promise<Mosquitto> {
  const folder = path.join(import.meta.dirname, '../../../examples/mosquitto');
  const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');
  return Mosquitto.start({
    users,
    acl: read('acl').split('\n'),
    ...(hasTls && { tls: {} }),
    configure: (lines, { folder: own, port, tlsPort }) => {
      const user = lines.find((line) => line.startsWith('user ')) ?? '';
      return read('mosquitto.conf')
        .replaceAll(hasTls ? '#tls# ' : '\0', '')
        .replace('user mosquitto', user)
        .replace('log_dest syslog', 'log_dest stderr')
        .replace('listener 1883', `listener ${port} 127.0.0.1`)
        .replace('listener 8883', `listener ${tlsPort} 127.0.0.1`)
        .replaceAll('/etc/mosquitto/tiercel', own)
        .replace('/run/mosquitto', own)
        .replace('/var/lib/mosquitto', path.join(own, 'store'));
    },
  });
}

describe('access to broker-embedded', () => {
  describeAccess(() => serveBroker({ users }));
});

describeWithMosquitto('the shipped configuration of Mosquitto', () => {
  describeAccess(async () => {
    const mosquitto = await startShipped();
    return { url: mosquitto.brokerUrl, [Symbol.asyncDispose]: () => mosquitto[Symbol.asyncDispose]() };
  });

  it('holds all retained messages for a subscription with QoS 1, beyond the default of 1,000', async () => {
    await using mosquitto = await startShipped();
    await using core = await TestClient.connect(mosquitto.brokerUrl, login('core'));
    await using edge = await TestClient.connect(mosquitto.brokerUrl, login('edge-1'));
    const keys = Array.from({ length: 1_500 }, (_, index) => `tiercel/v1/state/${index}`);
    await Promise.all(keys.map((key) => core.client.publishAsync(key, key, { qos: 1, retain: true })));

    await edge.client.subscribeAsync('tiercel/v1/state/#', { qos: 1 });

    expect(new Set(await edge.received(1_500)).size).toBe(1_500);
  });

  it('speaks TLS where its lines are put in', async () => {
    await using mosquitto = await startShipped({ hasTls: true });
    const ca = readFileSync(mosquitto.certificates.caFile);

    await using edge = await TestClient.connect(mosquitto.tlsUrl, { ...login('edge-1'), ca });

    expect(edge.client.connected).toBe(true);
  });

  it('starts without a complaint about any of its lines', async () => {
    await using mosquitto = await startShipped();

    const complaints = mosquitto.log.filter((line) => /error|unknown|deprecated|duplicate/i.test(line));
    expect(complaints).toEqual([]);
  });
});
