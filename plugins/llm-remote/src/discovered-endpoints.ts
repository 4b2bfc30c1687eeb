import type { Clock } from '@tiercel/capabilities/clock';
import type { Discovery, EndpointSet } from '@tiercel/capabilities/discovery';
import type { Log } from '@tiercel/capabilities/log';
import { isTiercelError } from '@tiercel/kernel';
import { parseBaseUrl } from './base-url.js';
import type { EndpointPool } from './endpoint-pool.js';
import { FIRST_LOOK_PAUSE_MS, LONGEST_LOOK_PAUSE_MS } from './limits.js';

export interface DiscoveredEndpointsDeps {
  readonly discovery: Discovery;
  readonly pool: EndpointPool;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps the pool as discovery says, each service at its place in the order. */
export class DiscoveredEndpoints implements AsyncDisposable {
  readonly #deps: DiscoveredEndpointsDeps;
  readonly #stop = new AbortController();
  #watching: Promise<unknown> = Promise.resolve();

  constructor(deps: DiscoveredEndpointsDeps) {
    this.#deps = deps;
  }

  /** Settles when the first set of each service is there, or `signal` aborts. Goes on until it is disposed. */
  async open(services: readonly string[], signal: AbortSignal): Promise<void> {
    const missing = new Set(services);
    await new Promise<void>((resolve) => {
      const end = () => {
        signal.removeEventListener('abort', end);
        resolve();
      };
      const watches = services.map((service, rank) =>
        this.#watch(service, rank, () => {
          if (missing.delete(service) && missing.size === 0) end();
        }),
      );
      this.#watching = Promise.allSettled(watches);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(service: string, rank: number, onSet: () => void): Promise<void> {
    const { discovery, clock, log } = this.#deps;
    const { signal } = this.#stop;
    let pauseMs = FIRST_LOOK_PAUSE_MS;
    while (!signal.aborted) {
      try {
        for await (const set of discovery.watch(service, { signal })) {
          pauseMs = FIRST_LOOK_PAUSE_MS;
          this.#take(service, rank, set);
          onSet();
        }
      } catch (error) {
        if (signal.aborted) return;
        log.warn('discovery does not tell where the model servers are', { service, error });
        // Nothing will make a wrong name right.
        if (isTiercelError(error, 'DISCOVERY_SERVICE_INVALID')) return onSet();
      }
      await clock.delay(pauseMs, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, LONGEST_LOOK_PAUSE_MS);
    }
  }

  #take(service: string, rank: number, { endpoints, isStale }: EndpointSet): void {
    const { pool, log } = this.#deps;
    const found = endpoints.flatMap(({ url, weight }) => {
      try {
        return [{ base: parseBaseUrl(url), ...(weight !== undefined && { weight }) }];
      } catch (error) {
        log.warn('discovery gave an address that cannot be used', { service, error });
        return [];
      }
    });
    log.debug('the model servers are known', { service, servers: found.length, isStale });
    pool.replace(rank, found);
  }
}
