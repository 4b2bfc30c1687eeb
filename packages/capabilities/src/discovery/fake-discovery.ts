import type { Discovery, Endpoint, EndpointSet } from './discovery.js';
import { EndpointFeed, readFeed } from './endpoint-feed.js';
import { createEndpointSet } from './endpoint-set.js';
import { DiscoveryError } from './errors.js';
import { checkServiceName } from './service-name.js';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** Knows the endpoints that it is told. */
export class FakeDiscovery implements Discovery {
  readonly #endpoints = new Map<string, readonly Endpoint[]>();
  /** One for each name that somebody watched. */
  readonly #feeds = new Map<string, EndpointFeed>();
  #isDown = false;
  #watchers = 0;

  constructor(services: Readonly<Record<string, readonly Endpoint[]>> = {}) {
    for (const [service, endpoints] of Object.entries(services)) this.#endpoints.set(service, endpoints);
  }

  /** Streams of `watch` that are being read. */
  get watchers(): number {
    return this.#watchers;
  }

  /** From now on these endpoints serve `service`. */
  set(service: string, endpoints: readonly Endpoint[]): void {
    this.#endpoints.set(service, endpoints);
    this.#publish();
  }

  /** From now on nobody can tell: what was set before is stale. */
  goDown(): void {
    this.#isDown = true;
    this.#publish();
  }

  comeBack(): void {
    this.#isDown = false;
    this.#publish();
  }

  async resolve(service: string, { signal }: Options = {}): Promise<EndpointSet> {
    signal?.throwIfAborted();
    checkServiceName(service);
    const known = this.#setOf(service);
    if (known) return known;
    throw new DiscoveryError('DISCOVERY_UNAVAILABLE', { service, finding: 'the fake is down' });
  }

  watch(service: string, options: Options = {}): AsyncIterableIterator<EndpointSet> {
    return readFeed(() => {
      checkServiceName(service);
      const feed = this.#feeds.get(service) ?? new EndpointFeed(this.#setOf(service));
      this.#feeds.set(service, feed);
      this.#watchers++;
      return { feed, close: () => this.#watchers-- };
    }, options);
  }

  #setOf(service: string): EndpointSet | undefined {
    const endpoints = this.#endpoints.get(service);
    if (!endpoints && this.#isDown) return undefined;
    return createEndpointSet(endpoints ?? [], { isStale: this.#isDown });
  }

  #publish(): void {
    for (const [service, feed] of this.#feeds) {
      const set = this.#setOf(service);
      if (set) feed.publish(set);
    }
  }
}
