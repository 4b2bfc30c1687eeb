import { describe, expect, it } from '@jest/globals';
import { boot, supply, TiercelError } from '@tiercel/kernel';
import { FakeClock } from '../clock/testing.js';
import { Discovery, type EndpointSet } from './discovery.js';
import { firstThatKnows } from './first-that-knows.js';
import { describeDiscoveryContract, FakeDiscovery } from './testing.js';

const HERE = [{ url: 'http://10.0.0.5:8080' }];
const THERE = [{ url: 'http://10.0.0.6:8080' }];
const ELSEWHERE = [{ url: 'http://10.0.0.7:8080' }];

const compose = (providers: readonly Discovery[], clock?: FakeClock) =>
  firstThatKnows(
    providers.map((provider, index) => ({ plugin: `${index}`, provider })),
    Discovery,
    clock && ((ms, options) => clock.delay(ms, options)),
  );

describeDiscoveryContract('two FakeDiscoveries, of which the second knows', () => {
  const [first, second] = [new FakeDiscovery(), new FakeDiscovery({ llm: HERE })];
  return {
    provider: compose([first, second]),
    service: 'llm',
    endpoints: HERE,
    announce: (service, endpoints) => second.set(service, endpoints),
    close: () => expect([first.watchers, second.watchers]).toEqual([0, 0]),
  };
});

describeDiscoveryContract('two FakeDiscoveries, of which the first knows and the second is down', () => {
  const [first, second] = [new FakeDiscovery({ llm: HERE, 'nobody-serves-this': [] }), new FakeDiscovery()];
  second.set('llm', []);
  return { provider: compose([first, second]), service: 'llm', endpoints: HERE, close: () => undefined };
});

describe('firstThatKnows', () => {
  it('asks in order, and nobody once somebody is found', async () => {
    const first = new FakeDiscovery({ llm: HERE });
    const second: Discovery = {
      resolve: () => Promise.reject(new Error('nobody should have asked')),
      watch: () => new FakeDiscovery().watch('llm'),
    };

    expect((await compose([first, second]).resolve('llm')).endpoints).toEqual(HERE);
  });

  it('believes who knows now before who remembers, in either order', async () => {
    const remembering = new FakeDiscovery({ llm: HERE });
    remembering.goDown();
    const knowing = new FakeDiscovery({ llm: THERE });

    const one = await compose([remembering, knowing]).resolve('llm');
    const other = await compose([knowing, remembering]).resolve('llm');

    expect([one, other]).toEqual([
      { endpoints: THERE, isStale: false },
      { endpoints: THERE, isStale: false },
    ]);
  });

  it('takes the first memory where nobody knows', async () => {
    const [first, second] = [new FakeDiscovery({ llm: HERE }), new FakeDiscovery({ llm: THERE })];
    first.goDown();
    second.goDown();

    const set = await compose([new FakeDiscovery(), first, second]).resolve('llm');

    expect(set).toEqual({ endpoints: HERE, isStale: true });
  });

  it('says that nobody is there with a doubt while one cannot tell', async () => {
    const down = new FakeDiscovery();
    down.goDown();

    const set = await compose([new FakeDiscovery(), down]).resolve('llm');

    expect(set).toEqual({ endpoints: [], isStale: true });
  });

  it('fails when all fail, with the error of the one where there is one', async () => {
    const [one, other] = [new FakeDiscovery(), new FakeDiscovery()];
    one.goDown();
    other.goDown();

    const both = compose([one, other]).resolve('llm');
    const alone = compose([one]).resolve('llm');

    await expect(both).rejects.toMatchObject({
      code: 'DISCOVERY_UNAVAILABLE',
      message: expect.stringContaining('all 2 ways'),
    });
    await expect(alone).rejects.toMatchObject({ message: expect.stringContaining('the fake is down') });
  });

  it('hands on an error that no later call would cure', async () => {
    const broken: Discovery = {
      resolve: () => Promise.reject(new TypeError('broken')),
      watch: () => new FakeDiscovery().watch('llm'),
    };

    await expect(compose([broken, new FakeDiscovery({ llm: HERE })]).resolve('llm')).rejects.toThrow(
      TypeError,
    );
  });

  it('follows everyone: the set is always that of the first who knows', async () => {
    const [first, second, third] = [new FakeDiscovery(), new FakeDiscovery(), new FakeDiscovery()];
    const reader = new Reader(compose([first, second, third]).watch('llm'));
    await reader.untilSeen([]);

    third.set('llm', ELSEWHERE);
    await reader.untilSeen(ELSEWHERE);
    second.set('llm', THERE);
    await reader.untilSeen(THERE);
    first.set('llm', HERE);
    await reader.untilSeen(HERE);
    second.set('llm', []);
    first.set('llm', []);
    await reader.untilSeen(ELSEWHERE);
    third.goDown();
    await reader.untilSeen(ELSEWHERE, true);
    await reader.leave();

    expect([first.watchers, second.watchers, third.watchers]).toEqual([0, 0, 0]);
  });

  it('waits for everyone before it says that nobody is there', async () => {
    const [first, second] = [new FakeDiscovery(), new FakeDiscovery()];
    second.goDown();
    const reader = new Reader(compose([first, second]).watch('llm'));
    const found = reader.untilSeen(HERE);
    await turn();

    second.comeBack();
    second.set('llm', HERE);

    await found;
    expect(reader.seen).toEqual([{ endpoints: HERE, isStale: false }]);
    await reader.leave();
  });

  it('watches anew who fails, and remembers what it said until then', async () => {
    const clock = new FakeClock();
    const fake = new FakeDiscovery({ llm: HERE });
    let watches = 0;
    const failing: Discovery = {
      resolve: (service) => fake.resolve(service),
      async *watch(service, options) {
        watches++;
        yield await fake.resolve(service);
        if (watches < 3) throw new TiercelError('PROVIDER_LOST', 'Its process is gone.', { retryable: true });
        yield* fake.watch(service, options);
      },
    };
    const reader = new Reader(compose([failing], clock).watch('llm'));

    await reader.untilSeen(HERE, true);
    await clock.whenPending();
    fake.set('llm', THERE);
    await clock.advance(1_000);
    await reader.untilSeen(THERE, true);
    await clock.whenPending();
    await clock.advance(1_000);
    await reader.untilSeen(THERE);
    await reader.leave();

    expect([watches, clock.pending]).toEqual([3, 0]);
  });

  it('is what a node makes of several that are bound in an order', async () => {
    await using node = await boot({
      manifest: {
        tier: 'test',
        plugins: { near: { use: '@acme/near' }, far: { use: '@acme/far' } },
        bind: { discovery: ['near', 'far'] },
      },
      plugins: [
        supply('@acme/near', Discovery, new FakeDiscovery()),
        supply('@acme/far', Discovery, new FakeDiscovery({ llm: THERE })),
      ],
      environment: {},
      machine: null,
    });

    expect((await node.get(Discovery).resolve('llm')).endpoints).toEqual(THERE);
  });
});

/** Reads on until a set is there, and remembers all of them. */
class Reader {
  readonly seen: EndpointSet[] = [];
  readonly #sets: AsyncIterator<EndpointSet>;

  constructor(sets: AsyncIterable<EndpointSet>) {
    this.#sets = sets[Symbol.asyncIterator]();
  }

  async untilSeen(endpoints: EndpointSet['endpoints'], isStale = false): Promise<void> {
    const wanted = JSON.stringify({ endpoints, isStale });
    while (JSON.stringify(this.seen.at(-1)) !== wanted) {
      const { done, value } = await this.#sets.next();
      if (done) throw new Error(`The stream ended before ${wanted}.`);
      this.seen.push(value);
    }
  }

  async leave(): Promise<void> {
    await this.#sets.return?.();
  }
}

/** Lets every promise chain that was waiting run to its next wait. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
