import {
  checkServiceName,
  createEndpointSet,
  type Discovery,
  EndpointFeed,
  type EndpointSet,
  readFeed,
} from '@tiercel/capabilities/discovery';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

const nobody = createEndpointSet([], { isStale: false });

/** Knows what it was given, which never changes. */
export class StaticDiscovery implements Discovery {
  readonly #sets: ReadonlyMap<string, EndpointSet>;

  constructor(sets: ReadonlyMap<string, EndpointSet>) {
    this.#sets = sets;
  }

  async resolve(service: string, { signal }: Options = {}): Promise<EndpointSet> {
    signal?.throwIfAborted();
    checkServiceName(service);
    return this.#sets.get(service) ?? nobody;
  }

  watch(service: string, options: Options = {}): AsyncIterableIterator<EndpointSet> {
    return readFeed(() => {
      checkServiceName(service);
      return { feed: new EndpointFeed(this.#sets.get(service) ?? nobody) };
    }, options);
  }
}
