import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { Discovery, type EndpointSet } from '@tiercel/capabilities/discovery';
import { FakeDiscovery } from '@tiercel/capabilities/discovery/testing';
import { supply, TiercelError } from '@tiercel/kernel';
import { openProxy } from './open-proxy.test.support.js';
import { ours, startScripted } from './scripted-server.test.support.js';
import { ServerNews } from './server-news.js';

const service = 'tool-server-api';

describe('a proxy that asks discovery', () => {
  it('follows its server at once when it moves, while time stands still', async () => {
    await using first = await startScripted({ tools: [ours('old')] });
    await using second = await startScripted({ tools: [ours('new_one')] });
    const discovery = new FakeDiscovery({ [service]: [{ url: first.url }] });
    await using proxy = await openProxy({}, [supply('@test/discovery', Discovery, discovery)]);
    const before = (await proxy.tools.list()).map(({ name }) => name);

    discovery.set(service, [{ url: second.url }]);
    let after: readonly string[] = [];
    while (!after.includes('new_one')) {
      await turn();
      after = (await proxy.tools.list()).map(({ name }) => name);
    }

    expect([before, after]).toEqual([['old'], ['new_one']]);
  });
});

describe('ServerNews', () => {
  it('goes on when discovery itself was lost, and ends without a trace', async () => {
    const fake = new FakeDiscovery({ [service]: [{ url: 'http://core:8001' }] });
    let watches = 0;
    const failing: Discovery = {
      resolve: (name) => fake.resolve(name),
      watch(name, options) {
        if (++watches <= 2)
          throw new TiercelError('PROVIDER_LOST', 'Its process is gone.', { retryable: true });
        return fake.watch(name, options);
      },
    };
    const clock = new FakeClock();
    const sets: EndpointSet[] = [];
    const news = new ServerNews({ discovery: failing, service, clock, onSet: (set) => sets.push(set) });

    await clock.whenPending();
    await clock.advance(1_000);
    await clock.whenPending();
    await clock.advance(2_000);
    await news[Symbol.asyncDispose]();

    expect(sets).toEqual([{ endpoints: [{ url: 'http://core:8001' }], isStale: false }]);
    expect([watches, fake.watchers, clock.pending]).toEqual([3, 0, 0]);
  });
});

/** Lets what has arrived be read. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
