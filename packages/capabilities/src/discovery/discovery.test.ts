import { describe, expect, it } from '@jest/globals';
import { describeDiscoveryContract, FakeDiscovery } from './testing.js';

const ENDPOINTS = [
  { url: 'http://10.0.0.5:8080', weight: 2, tags: ['gpu'] },
  { url: 'https://llm.example/v1' },
];

describeDiscoveryContract('FakeDiscovery', () => {
  const provider = new FakeDiscovery({ llm: ENDPOINTS });
  return {
    provider,
    service: 'llm',
    endpoints: ENDPOINTS,
    announce: (service, endpoints) => provider.set(service, endpoints),
    close: () => expect(provider.watchers).toBe(0),
  };
});

describe('FakeDiscovery', () => {
  it('remembers what it was told while it is down, and says that it is stale', async () => {
    const discovery = new FakeDiscovery({ llm: ENDPOINTS });

    discovery.goDown();
    const down = await discovery.resolve('llm');
    discovery.comeBack();
    const up = await discovery.resolve('llm');

    expect([down, up]).toEqual([
      { endpoints: ENDPOINTS, isStale: true },
      { endpoints: ENDPOINTS, isStale: false },
    ]);
  });

  it('cannot tell of a name that it never heard of while it is down', async () => {
    const discovery = new FakeDiscovery();
    discovery.goDown();

    await expect(discovery.resolve('llm')).rejects.toMatchObject({
      code: 'DISCOVERY_UNAVAILABLE',
      retryable: true,
      message: expect.stringContaining('llm'),
    });
  });

  it('lets a watcher wait for the first set', async () => {
    const discovery = new FakeDiscovery();
    discovery.goDown();
    const sets = discovery.watch('llm');

    const first = sets.next();
    discovery.comeBack();
    discovery.set('llm', ENDPOINTS);

    expect((await first).value).toEqual({ endpoints: ENDPOINTS, isStale: false });
    await sets.return?.();
  });
});
