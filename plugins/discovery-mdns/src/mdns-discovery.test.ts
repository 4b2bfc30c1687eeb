import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EndpointSet } from '@tiercel/capabilities/discovery';
import { MdnsDiscovery } from './mdns-discovery.js';
import { recordsOf } from './service-records.js';
import { FakeNetwork } from './test/fake-network.js';

let fake: FakeNetwork;
let discovery: MdnsDiscovery;
beforeEach(() => {
  fake = new FakeNetwork();
  discovery = new MdnsDiscovery({ network: fake.network, clock: fake.clock, log: fake.log });
});
afterEach(async () => {
  await discovery[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
});

const recordsAt = (host: string, { ttl = 120, service = 'llm' } = {}) =>
  recordsOf(
    {
      label: `node-${host.replaceAll('.', '-')}`,
      id: host,
      announcement: { service, port: 80 },
      hosts: [host],
    },
    ttl,
  );

/** The sets of a watch, as they come. */
function collect(service: string) {
  const sets: EndpointSet[] = [];
  const reading = (async () => {
    for await (const set of discovery.watch(service)) sets.push(set);
  })();
  reading.catch(() => undefined);
  return sets;
}

const urlsOf = ({ endpoints }: EndpointSet) => endpoints.map(({ url }) => url);

describe('discovery by multicast DNS', () => {
  it('asks nothing before somebody wants to know', async () => {
    await fake.advance(600_000);

    expect(fake.asked).toEqual([]);
  });

  it('asks less and less often, down to once a minute', async () => {
    collect('llm');

    await fake.advance(300_000);

    expect(fake.asked).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243].map((seconds) => seconds * 1_000));
  });

  it('listens for a second before it says that nobody is there', async () => {
    const resolved: EndpointSet[] = [];
    void discovery.resolve('llm').then((set) => resolved.push(set));

    await fake.advance(999);
    const before = resolved.length;
    await fake.advance(1);

    expect([before, resolved]).toEqual([0, [{ endpoints: [], isStale: false }]]);
  });

  it('answers at once with what it knows', async () => {
    collect('other');
    await fake.advance(0);
    fake.hear(recordsAt('192.0.2.1'));

    expect(urlsOf(await discovery.resolve('llm'))).toEqual(['http://192.0.2.1:80']);
  });

  it('forgets who does not answer any more when the time of its records is over', async () => {
    const sets = collect('llm');
    await fake.advance(10_000);
    fake.hear(recordsAt('192.0.2.1'));
    fake.hear(recordsAt('192.0.2.2'));
    await fake.advance(100_000);
    fake.hear(recordsAt('192.0.2.2'));

    await fake.advance(19_999);
    const before = urlsOf(sets.at(-1) as EndpointSet);
    await fake.advance(1);

    expect(before).toEqual(['http://192.0.2.1:80', 'http://192.0.2.2:80']);
    expect(urlsOf(sets.at(-1) as EndpointSet)).toEqual(['http://192.0.2.2:80']);
  });

  it('forgets at once who says goodbye', async () => {
    const sets = collect('llm');
    await fake.advance(1_000);
    fake.hear(recordsAt('192.0.2.1'));
    fake.hear(recordsAt('192.0.2.1', { ttl: 0 }));
    await fake.advance(0);

    expect(urlsOf(sets.at(-1) as EndpointSet)).toEqual([]);
  });

  it('tells no set twice', async () => {
    const sets = collect('llm');
    for (let minute = 0; minute < 5; minute++) {
      fake.hear(recordsAt('192.0.2.1'));
      fake.hear(recordsAt('192.0.2.9', { service: 'tools' }));
      await fake.advance(60_000);
    }

    // Nobody is there in the first moment, before the question is out.
    expect(sets.map(urlsOf)).toEqual([[], ['http://192.0.2.1:80']]);
  });

  it('keeps 256 services, still hears those, and says once that there are more', async () => {
    collect('llm');
    await fake.advance(1_000);
    const hosts = Array.from({ length: 1_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    for (const host of hosts) fake.hear(recordsAt(host));
    await fake.advance(60_000);
    for (const host of hosts.slice(0, 256)) fake.hear(recordsAt(host));
    await fake.advance(60_000);

    expect(discovery.size).toBe(256);
    expect(fake.log.messages('warn')).toEqual([expect.stringContaining('more services')]);
  });

  it('does not hear who is on another network, and counts what it cannot read', async () => {
    collect('llm');
    await fake.advance(1_000);
    fake.hear(recordsAt('203.0.113.9'), '203.0.113.9');
    fake.hearNonsense();

    expect([discovery.size, fake.network.ignored]).toEqual([0, 2]);
  });

  it('says that it cannot know while there is no network, and finds it later', async () => {
    fake.failure = { on: 'open', code: 'EADDRINUSE' };
    const sets = collect('llm');
    fake.breakDown('ENETDOWN');
    await fake.advance(0);

    const resolved = discovery.resolve('llm');
    await expect(resolved).rejects.toMatchObject({
      code: 'DISCOVERY_UNAVAILABLE',
      message: expect.stringContaining('ENETDOWN'),
    });
    await fake.advance(1_000);
    expect(fake.health.at(-1)).toContain('EADDRINUSE');
    fake.failure = undefined;
    await fake.advance(2_000);
    fake.hear(recordsAt('192.0.2.1'));
    await fake.advance(0);

    expect(fake.health.at(-1)).toBe('ready');
    expect(sets.map((set) => [set.isStale, ...urlsOf(set)])).toEqual([[false, 'http://192.0.2.1:80']]);
  });

  it('keeps what it knows while the network is away, as stale', async () => {
    const sets = collect('llm');
    await fake.advance(1_000);
    fake.hear(recordsAt('192.0.2.1'));
    await fake.advance(0);
    fake.failure = { on: 'send', code: 'ENETUNREACH' };
    await fake.advance(3_000);
    const away = await discovery.resolve('llm');
    fake.failure = undefined;
    await fake.advance(60_000);

    expect([away.isStale, urlsOf(away)]).toEqual([true, ['http://192.0.2.1:80']]);
    expect(fake.health).toEqual(['ready', expect.stringContaining('ENETUNREACH'), 'ready']);
    expect(sets.map(({ isStale }) => isStale)).toEqual([false, false, true, false]);
  });

  it('opens its socket again later each time that it fails', async () => {
    fake.failure = { on: 'open', code: 'EMFILE' };
    collect('llm');
    fake.breakDown('EMFILE');

    await fake.advance(1_000 + 2_000 + 4_000 + 8_000 + 16_000 + 30_000 + 30_000);

    expect(fake.opened).toBe(8);
    expect(fake.log.messages('warn')).toHaveLength(1);
  });

  it('ends those who wait when it is closed', async () => {
    const resolved = discovery.resolve('llm');
    const closed = discovery[Symbol.asyncDispose]();

    await expect(resolved).rejects.toMatchObject({ code: 'DISCOVERY_UNAVAILABLE' });
    await closed;
    await expect(discovery.resolve('llm')).rejects.toMatchObject({ code: 'DISCOVERY_UNAVAILABLE' });
  });
});
