import { describe, expect, it } from '@jest/globals';
import { definePlugin } from '@tiercel/kernel';
import { openRaw, rawRequest, until } from '../gateway.test.support.js';
import { openEvents, serveWorld } from './world.test.support.js';

/** Tells of itself what a plugin that speaks MQTT tells. */
function link(connection: string) {
  return definePlugin({
    name: '@test/link',
    version: '1.0.0',
    provides: {},
    requires: {},
    setup({ health }) {
      health.facts(() => ({ broker: 'mqtt://localhost:1883', connection }));
      return {};
    },
  });
}

describe('Health of the world model', () => {
  it('is told without MQTT where the node does not use it', async () => {
    await using served = await serveWorld();

    const health = await served.send('GET', '/health');

    expect([health.status, await health.json()]).toEqual([
      200,
      { status: 'healthy', mqtt_connected: false, database: true },
    ]);
    expect(await (await served.send('GET', '/')).json()).toEqual({
      status: 'ok',
      service: 'world-model-service',
      mqtt_connected: false,
    });
  });

  it.each([
    ['connected', 200, 'healthy', true],
    ['away', 503, 'unhealthy', false],
    ['connecting', 503, 'unhealthy', false],
  ])('follows a connection that is %s', async (connection, statusCode, status, mqtt_connected) => {
    await using served = await serveWorld({}, { plugins: [link(connection)] });

    const health = await served.send('GET', '/health');

    expect([health.status, await health.json()]).toEqual([
      statusCode,
      { status, mqtt_connected, database: true },
    ]);
    expect(await (await served.send('GET', '/')).json()).toMatchObject({ status: 'ok', mqtt_connected });
  });

  it('is bad while the node stops', async () => {
    await using served = await serveWorld({ a: 1 });
    await using raw = await openRaw(served.port);
    // A request that takes long holds the listener open.
    raw.send(rawRequest('PUT /v1/entries/a', { 'Content-Type': 'application/json', 'Content-Length': '9' }));
    await using events = await openEvents(`${served.url}/v1/watch`);
    await events.next();

    const stopping = served.served.stop();
    await until(async () => (await events.next()) === undefined);
    const health = await served.send('GET', '/health');
    const refused = await served.send('GET', '/state');
    raw.send('{"value":');
    raw.socket.destroy();
    await stopping;

    expect([health.status, await health.json()]).toMatchObject([503, { status: 'unhealthy' }]);
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'GATEWAY_DRAINING' }]);
  });
});
