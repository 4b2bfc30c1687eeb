import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Discovery } from '@tiercel/capabilities/discovery';
import { describeDiscoveryContract, untilKnown } from '@tiercel/capabilities/discovery/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { boot, type Node, supply } from '@tiercel/kernel';
import { createProcessPlacement } from '@tiercel/placement-process';
import { jittery, killProcessOf } from '@tiercel/testkit';
import discoveryConsul from './index.js';
import { ConsulDouble } from './test/consul-double.js';
import { instancesOf } from './test/instances-of.js';

const endpoints = [{ url: 'http://10.0.0.5:8000' }];

let consul: ConsulDouble;
let directory: string;
beforeAll(async () => {
  consul = await ConsulDouble.open();
  directory = await mkdtemp(path.join(tmpdir(), 'tiercel-consul-'));
});
afterAll(async () => {
  await consul[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** What is written down, and then Consul, as a node composes them. */
async function bootBoth(placement: 'inline' | 'process', folder = directory): Promise<Node> {
  const consulConfig = { address: consul.address, dataDirectory: folder, churnPauseMs: 1, staleAfterMs: 0 };
  return await boot({
    manifest: {
      tier: 'test',
      plugins: {
        'clock-system': null,
        log: { use: '@test/log' },
        'discovery-static': { placement, config: { services: { door: 'http://10.0.0.9:9000' } } },
        'discovery-consul': { placement, config: consulConfig },
      },
      bind: { discovery: ['discovery-static', 'discovery-consul'] },
    },
    plugins: [supply('@test/log', Log, new FakeLog()), ...(placement === 'inline' ? [discoveryConsul] : [])],
    placements: [
      createProcessPlacement({
        restart: { firstMs: 1, longestMs: 1_000, steadyAfterMs: 0 },
        onOutput: () => undefined,
      }),
    ],
    environment: {},
    machine: null,
  });
}

describe.each([
  ['inline', 'inline', false],
  ['inline, held up at random', 'inline', false],
  ['each in a process', 'process', false],
  ['each in a process, after that of Consul was killed', 'process', true],
] as const)('discovery-static before discovery-consul, %s', (title, placement, isKilled) => {
  let node: Node | undefined;
  afterAll(async () => await node?.[Symbol.asyncDispose]());

  describeDiscoveryContract('both', async () => {
    consul.set('llm', instancesOf(endpoints));
    if (!node) {
      node = await bootBoth(placement);
      if (isKilled) await killProcessOf(node, 'discovery-consul', { startTimeoutMs: 60_000 });
    }
    const composed = node.get(Discovery);
    await untilKnown(composed, 'llm', endpoints);
    const provider = title.includes('random') ? jittery(composed, Discovery, { seed: 1 }) : composed;
    return {
      provider,
      service: 'llm',
      endpoints,
      announce: (service, next) => consul.set(service, instancesOf(next)),
      close: () => undefined,
    };
  });
});

describe('the order of precedence', () => {
  let node: Node | undefined;
  afterEach(async () => {
    await node?.[Symbol.asyncDispose]();
    consul.comeBack();
  });

  it('is what is written down, then Consul, then what Consul said last', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'tiercel-consul-'));
    consul.set('door', instancesOf([{ url: 'http://10.0.0.1:1000' }]));
    consul.set('llm', instancesOf(endpoints));
    node = await bootBoth('inline', folder);
    const discovery = node.get(Discovery);

    const door = await discovery.resolve('door');
    const before = await untilKnown(discovery, 'llm', endpoints);
    await node[Symbol.asyncDispose]();
    consul.goDown();
    node = await bootBoth('inline', folder);
    const after = await untilKnown(node.get(Discovery), 'llm', endpoints, { isStale: true });
    const stillWritten = await node.get(Discovery).resolve('door');

    expect(door).toEqual({ endpoints: [{ url: 'http://10.0.0.9:9000' }], isStale: false });
    expect([before.isStale, after.isStale]).toEqual([false, true]);
    expect(stillWritten).toEqual(door);
    await rm(folder, { recursive: true });
  });
});
