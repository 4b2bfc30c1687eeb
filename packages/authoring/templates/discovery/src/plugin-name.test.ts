import { describe, expect, it } from '@jest/globals';
import { Discovery } from '@tiercel/capabilities/discovery';
import { describeDiscoveryContract } from '@tiercel/capabilities/discovery/testing';
import { bootTest, describeInEveryPlacement } from '@tiercel/testkit';
import plugin from './index.js';

const services = { llm: 'http://192.0.2.1:8000 http://192.0.2.2:8000' };

describeInEveryPlacement(
  'plugin-name',
  { capability: Discovery, plugin: './dist/index.js', key: 'plugin-name', config: { services } },
  (title, open) =>
    describeDiscoveryContract(title, async () => ({
      ...(await open()),
      service: 'llm',
      endpoints: [{ url: 'http://192.0.2.1:8000' }, { url: 'http://192.0.2.2:8000' }],
    })),
);

describe('plugin-name', () => {
  it('knows every address of a service', async () => {
    await using test = await bootTest({ plugins: [plugin], config: { 'plugin-name': { services } } });

    const { endpoints } = await test.get(Discovery).resolve('llm');

    expect(endpoints).toEqual([{ url: 'http://192.0.2.1:8000' }, { url: 'http://192.0.2.2:8000' }]);
  });
});
