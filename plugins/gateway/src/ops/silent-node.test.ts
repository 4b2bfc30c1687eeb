import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import type { NodeView } from '@tiercel/kernel';
import { createApp } from '../http/create-app.js';
import { RequestTracker } from '../http/request-tracker.js';
import { mountOps } from './ops-routes.js';

async function serveOps(node: NodeView, isTurning: boolean) {
  const clock = new FakeClock();
  const app = await createApp({
    groups: [],
    ops: (router, access) =>
      mountOps(router, access, { node, loop: { isTurning }, metrics: undefined, clock }),
    hosts: { isLoopback: true, names: new Set() },
    origins: new Set(),
    trustedProxies: [],
    requests: new RequestTracker(),
    log: new FakeLog(),
    clock,
    metrics: undefined,
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    clock,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

describe('The routes of operation', () => {
  it('count a node that says nothing about itself as not ready', async () => {
    await using served = await serveOps({ describe: () => new Promise(() => undefined) }, true);

    const asking = fetch(`${served.url}/readyz`);
    await served.clock.whenPending();
    await served.clock.advance(2_000);
    const response = await asking;

    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'GATEWAY_NODE_SILENT' });
  });

  it('say that the event loop is late', async () => {
    await using served = await serveOps({ describe: () => new Promise(() => undefined) }, false);

    const response = await fetch(`${served.url}/livez`);

    expect([response.status, await response.text()]).toEqual([503, 'late']);
  });

  it('have no metrics where nobody counts', async () => {
    await using served = await serveOps({ describe: () => new Promise(() => undefined) }, true);

    expect((await fetch(`${served.url}/metrics`)).status).toBe(404);
  });
});
