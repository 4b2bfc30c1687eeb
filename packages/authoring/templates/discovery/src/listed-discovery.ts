import { checkServiceName, type Discovery, type EndpointSet } from '@tiercel/capabilities/discovery';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** Knows where services are from a list, which never changes. */
export class ListedDiscovery implements Discovery {
  readonly #sets: ReadonlyMap<string, EndpointSet>;

  /** @param services addresses by name, with spaces between those of one service */
  constructor(services: Readonly<Record<string, unknown>>) {
    this.#sets = new Map(
      Object.entries(services).map(([service, addresses]) => {
        const urls = String(addresses).split(/\s+/).filter(Boolean);
        return [service, { endpoints: urls.map((url) => ({ url })), isStale: false }];
      }),
    );
  }

  async resolve(service: string, { signal }: Options = {}): Promise<EndpointSet> {
    signal?.throwIfAborted();
    checkServiceName(service);
    return this.#sets.get(service) ?? { endpoints: [], isStale: false };
  }

  /** The set, and then nothing until the reader leaves. No generator: leaving one waits for the read that is under way. */
  watch(service: string, options: Options = {}): AsyncIterableIterator<EndpointSet> {
    const left = new AbortController();
    let first: Promise<EndpointSet> | undefined;
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: async () => {
        if (!first) {
          first = this.resolve(service, options);
          return { done: false, value: await first };
        }
        await ended(left.signal, options.signal);
        return { done: true, value: undefined };
      },
      async return() {
        left.abort();
        return { done: true, value: undefined };
      },
    };
  }
}

/** Settles when `left` aborts, or rejects with the reason of `signal`; leaves no listener behind. */
async function ended(left: AbortSignal, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  if (left.aborted) return;
  await new Promise<void>((resolve) => {
    const stop = () => {
      left.removeEventListener('abort', stop);
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    left.addEventListener('abort', stop);
    signal?.addEventListener('abort', stop);
  });
  signal?.throwIfAborted();
}
