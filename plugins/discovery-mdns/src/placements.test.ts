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
import discoveryMdns from './index.js';
import { MdnsPeer, openTestNetwork } from './test/mdns-peer.js';

const endpoints: readonly Endpoint[] = [{ url: 'http://10.0.0.5:8000' }, { url: 'http://10.0.0.6:8000' }];
const network = openTestNetwork();

let peer: MdnsPeer;
beforeAll(async () => {
  peer = await MdnsPeer.open(network);
});
afterAll(() => peer[Symbol.asyncDispose]());

const placed = {
  plugin: discoveryMdns,
  config: () => ({ ...network, node: 'core' }),
  beside: { 'clock-system': null },
  plugins: [supply('@tiercel/log', Log, new FakeLog())],
  kill: 'once',
} as const;

describeInEveryPlacement('discovery-mdns', { ...placed, capability: Discovery }, (title, open) =>
  describeDiscoveryContract(title, async () => {
    await peer.serve('llm', endpoints);
    const opened = await open();
    await untilKnown(opened.provider, 'llm', endpoints);
    return {
      ...opened,
      service: 'llm',
      endpoints,
      announce: (service, next) => peer.serve(service, next),
    };
  }),
);

describeInEveryPlacement('discovery-mdns', { ...placed, capability: ServiceAnnouncer }, (title, open) =>
  describeServiceAnnouncerContract(title, async () => ({
    ...(await open()),
    whenFound: (service) => peer.untilPresent(service),
    whenGone: (service) => peer.untilPresent(service, false),
  })),
);
