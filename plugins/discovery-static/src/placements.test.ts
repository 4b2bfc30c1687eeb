import { Discovery } from '@tiercel/capabilities/discovery';
import { describeDiscoveryContract } from '@tiercel/capabilities/discovery/testing';
import { describeInEveryPlacement } from '@tiercel/testkit';
import discoveryStatic from './index.js';

const endpoints = [{ url: 'http://10.0.0.5:8000' }, { url: 'https://llm.example/v1' }];

describeInEveryPlacement(
  'discovery-static',
  {
    capability: Discovery,
    plugin: discoveryStatic,
    config: { services: { llm: endpoints.map(({ url }) => url) } },
  },
  (title, open) =>
    describeDiscoveryContract(title, async () => ({ ...(await open()), service: 'llm', endpoints })),
);
