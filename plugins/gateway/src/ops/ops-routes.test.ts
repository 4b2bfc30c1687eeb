import { describe, expect, it } from '@jest/globals';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { coreMetrics } from '@tiercel/capabilities/metrics';
import { definePlugin, type NodeDescription } from '@tiercel/kernel';
import { serveGateway, until } from '../gateway.test.support.js';
import { sha256 } from '../http/key-ring.js';
import { LoopWatch } from './loop-watch.js';
import { readinessOf, takesWork } from './readiness.js';

const get = async (url: string, headers: Readonly<Record<string, string>> = {}) => {
  const response = await fetch(url, { headers });
  return { status: response.status, text: await response.text() };
};
const withKey = { Authorization: 'Bearer any' };
const apiKeys = [sha256('any').toString('hex')];

function shakyPlugin() {
  let say: (reason: string) => void = () => undefined;
  const plugin = definePlugin({
    name: '@test/shaky',
    version: '1.0.0',
    provides: {},
    setup({ health }) {
      say = (reason) => health.degraded(reason);
      return {};
    },
  });
  return { plugin, fall: (reason: string) => say(reason) };
}

describe('The routes of operation', () => {
  it('say that the event loop turns', async () => {
    await using served = await serveGateway();

    expect(await get(`${served.url}/livez`)).toEqual({ status: 200, text: 'ok' });
  });

  it('say that the node is ready, and how each plugin is', async () => {
    await using served = await serveGateway();

    const ready = await get(`${served.url}/readyz`);

    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.text)).toMatchObject({
      status: 'ready',
      tier: 'test',
      plugins: expect.arrayContaining([{ name: 'gateway', state: 'ready' }]),
    });
    expect(await get(`${served.url}/health`)).toEqual({ status: 200, text: '{"status":"ok"}' });
  });

  it('say what is degraded, and that the node can be given work', async () => {
    const { plugin, fall } = shakyPlugin();
    await using served = await serveGateway({ plugins: [plugin] });

    fall('the cable is loose');
    const ready = await get(`${served.url}/readyz`);

    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.text)).toMatchObject({
      status: 'degraded',
      plugins: expect.arrayContaining([{ name: 'shaky', state: 'degraded', reason: 'the cable is loose' }]),
    });
    expect((await get(`${served.url}/health`)).status).toBe(200);
  });

  it('show only the status to whoever has no key, where there are keys', async () => {
    await using served = await serveGateway({ config: { apiKeys } });

    expect((await get(`${served.url}/readyz`)).text).toBe('{"status":"ready"}');
    expect((await get(`${served.url}/readyz`, { Authorization: 'Bearer wrong' })).text).toBe(
      '{"status":"ready"}',
    );
    expect(JSON.parse((await get(`${served.url}/readyz`, withKey)).text)).toHaveProperty('plugins');
  });

  it('give the metrics of the node on loopback', async () => {
    await using served = await serveGateway({
      models: { llm: new FakeLanguageModel() },
      config: { apiKeys },
    });
    await get(`${served.url}/v1/models`, withKey);

    const response = await fetch(`${served.url}/metrics`);
    const text = await response.text();

    expect(response.headers.get('Content-Type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain('tiercel_http_request_seconds_count{group="openai",status="200"} 1');
    expect(
      served.metrics.valuesOf(coreMetrics.httpRequestSeconds, { group: 'openai', status: '200' }),
    ).toEqual([0]);
  });

  it('give metrics to others only for a key that is good for them', async () => {
    const keys = [...apiKeys, `plain=${sha256('plain').toString('hex')}`];
    const config = { host: '0.0.0.0', apiKeys: keys, keyScopes: { plain: ['models'] } };
    await using served = await serveGateway({ config });
    const url = served.url.replace('0.0.0.0', '127.0.0.1');

    expect((await get(`${url}/metrics`)).status).toBe(401);
    expect((await get(`${url}/metrics`, { Authorization: 'Bearer plain' })).status).toBe(401);
    expect((await get(`${url}/metrics`, withKey)).status).toBe(200);
    expect((await get(`${url}/health`)).status).toBe(200);
  });
});

describe('LoopWatch', () => {
  it('notices an event loop that stood still', async () => {
    using watch = new LoopWatch();
    await until(() => watch.isWatching && watch.isTurning);

    for (const endMs = performance.now() + 1_100; performance.now() < endMs; );
    await until(() => !watch.isTurning);

    expect(watch.isWatching).toBe(true);
  });
});

describe('readinessOf', () => {
  const node = (
    state: NodeDescription['state'],
    isReady: boolean,
    ...states: readonly NodeDescription['plugins'][number]['state'][]
  ) => ({
    state,
    isReady,
    plugins: states.map((one) => ({
      plugin: one,
      package: '@test/x',
      version: '1.0.0',
      generation: 1,
      state: one,
      sinceMs: 0,
      placement: 'inline',
    })),
  });

  it.each([
    ['ready', node('ready', true, 'ready'), false, true],
    ['degraded', node('degraded', true, 'ready', 'failed'), false, true],
    ['starting', node('degraded', false, 'ready', 'starting'), false, false],
    ['failed', node('degraded', false, 'ready', 'failed'), false, false],
    ['draining', node('ready', true, 'ready'), true, false],
    ['draining', node('stopped', false, 'draining'), false, false],
  ] as const)('%s', (status, description, isDraining, isTaken) => {
    expect(readinessOf(description, isDraining)).toBe(status);
    expect(takesWork(status)).toBe(isTaken);
  });
});
