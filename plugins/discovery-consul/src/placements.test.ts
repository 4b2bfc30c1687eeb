import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { Discovery, type Endpoint, ServiceAnnouncer } from '@tiercel/capabilities/discovery';
import {
  describeDiscoveryContract,
  describeServiceAnnouncerContract,
  untilKnown,
} from '@tiercel/capabilities/discovery/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { supply } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import discoveryConsul from './index.js';
import { ConsulDouble } from './test/consul-double.js';
import { instancesOf } from './test/instances-of.js';

const endpoints: readonly Endpoint[] = [{ url: 'http://10.0.0.5:8000' }, { url: 'http://10.0.0.6:8000' }];

let consul: ConsulDouble;
let directory: string;
beforeAll(async () => {
  consul = await ConsulDouble.open({ token: 'a-consul-token' });
  directory = await mkdtemp(path.join(tmpdir(), 'tiercel-consul-'));
});
afterAll(async () => {
  await consul[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const placed = {
  plugin: discoveryConsul,
  config: () => ({
    address: consul.address,
    token: 'a-consul-token',
    node: 'core',
    dataDirectory: directory,
    churnPauseMs: 1,
  }),
  beside: { 'clock-system': null },
  plugins: [supply('@tiercel/log', Log, new FakeLog())],
  kill: 'once',
} as const;

describeInEveryPlacement('discovery-consul', { ...placed, capability: Discovery }, (title, open) =>
  describeDiscoveryContract(title, async () => {
    consul.set('llm', instancesOf(endpoints));
    const opened = await open();
    await untilKnown(opened.provider, 'llm', endpoints);
    const announce = (service: string, next: readonly Endpoint[]) => consul.set(service, instancesOf(next));
    return { ...opened, service: 'llm', endpoints, announce };
  }),
);

describeInEveryPlacement('discovery-consul', { ...placed, capability: ServiceAnnouncer }, (title, open) =>
  describeServiceAnnouncerContract(title, async () => {
    const isThere = (service: string) => consul.registered.some((id) => id.startsWith(`core:${service}:`));
    return {
      ...(await open()),
      whenFound: (service) => consul.until(() => isThere(service)),
      whenGone: (service) => consul.until(() => !isThere(service)),
    };
  }),
);
