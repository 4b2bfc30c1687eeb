import { describe, expect, it } from '@jest/globals';
import { Discovery, ServiceAnnouncer } from '@tiercel/capabilities/discovery';
import { untilKnown } from '@tiercel/capabilities/discovery/testing';
import { type BootTestOptions, bootTest } from '@tiercel/testkit';
import discoveryMdns from './index.js';
import { readSettings } from './read-settings.js';
import { openTestNetwork } from './test/mdns-peer.js';

const node = (config: Readonly<Record<string, unknown>>, options: BootTestOptions = {}) =>
  bootTest({
    plugins: [discoveryMdns],
    entries: { 'clock-system': null },
    config: { 'discovery-mdns': config },
    ...options,
  });

describe('discovery-mdns', () => {
  it('finds what another node announces, until that node stops', async () => {
    const network = openTestNetwork();
    await using edge = await node({ ...network, node: 'edge' });
    {
      // The edge beside it has timers of its own, which come and go; its check is the last.
      await using core = await node({ ...network, node: 'core' }, { leaks: false });
      const states = core.get(ServiceAnnouncer).announce({ service: 'llm', port: 8_000, path: '/v1' });
      await states[Symbol.asyncIterator]().next();

      const { endpoints } = await untilKnown(edge.get(Discovery), 'llm', [
        { url: 'http://127.0.0.1:8000/v1' },
      ]);

      expect(endpoints).toMatchObject([{ id: 'core:llm:8000' }]);
    }
    await untilKnown(edge.get(Discovery), 'llm', []);
  });

  it('says all that is wrong with its settings at once', async () => {
    const settings = { interface: 'eth0', node: 'a b', advertise: 'http://core' };

    expect(() => readSettings({ ...settings, port: 5353 })).toThrow(
      expect.objectContaining({ code: 'MDNS_CONFIG_INVALID' }),
    );
    await expect(node(settings)).rejects.toThrow(/"interface".*; "node".*; "advertise"/);
  });
});
