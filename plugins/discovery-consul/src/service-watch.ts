import type { Clock } from '@tiercel/capabilities/clock';
import { createEndpointSet, EndpointFeed } from '@tiercel/capabilities/discovery';
import type { Log } from '@tiercel/capabilities/log';
import { isTiercelError } from '@tiercel/kernel';
import type { ConsulClient } from './consul-client.js';
import { ConsulError } from './errors.js';
import type { LastGoodLists } from './last-good-lists.js';
import {
  ANSWER_TIMEOUT_MS,
  BLOCKING_TIMEOUT_MS,
  BURST,
  FIRST_PAUSE_MS,
  LONGEST_PAUSE_MS,
  WAIT_MS,
} from './limits.js';
import { nextIndex } from './next-index.js';
import { readServiceEntries, type ServiceEntries } from './service-entries.js';
import { TokenBucket } from './token-bucket.js';
import type { Troubles } from './troubles.js';

export interface ServiceWatchDeps {
  readonly client: ConsulClient;
  readonly lists: LastGoodLists;
  readonly clock: Clock;
  readonly log: Log;
  readonly troubles: Troubles;
  /** At least 0 and below 1. */
  readonly random: () => number;
  readonly staleAfterMs: number;
  readonly churnPauseMs: number;
}

/** Follows one service for as long as it is open. Begins with the last good list, which is stale. */
export class ServiceWatch implements AsyncDisposable {
  readonly feed = new EndpointFeed();
  /** Settles at the first answer or the first failure. */
  readonly heard: Promise<void>;
  readonly #service: string;
  readonly #deps: ServiceWatchDeps;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #setHeard: () => void = () => undefined;
  #heardAtMs: number | undefined;
  #failingSinceMs: number | undefined;
  #finding = 'Consul has not answered yet';
  #skipped = 0;

  constructor(service: string, deps: ServiceWatchDeps) {
    this.#service = service;
    this.#deps = deps;
    this.heard = new Promise((resolve) => {
      this.#setHeard = resolve;
    });
    this.#running = this.#run(this.#stop.signal);
  }

  /** Why nothing is known. */
  get finding(): string {
    return this.#finding;
  }

  /** Since Consul said what is known; absent before it said anything. */
  get ageMs(): number | undefined {
    return this.#heardAtMs === undefined ? undefined : this.#deps.clock.nowMs() - this.#heardAtMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#deps.troubles.set(`watch ${this.#service}`, undefined);
  }

  /** Never rejects. */
  async #run(signal: AbortSignal): Promise<void> {
    const { lists, clock, random, churnPauseMs } = this.#deps;
    const remembered = await lists.read(this.#service);
    if (remembered) this.feed.publish(createEndpointSet(remembered, { isStale: true }));
    const bucket = new TokenBucket({ burst: BURST, refillMs: churnPauseMs, clock });
    let index = 0;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        const { entries, answered } = await this.#query(index, signal);
        this.#take(entries);
        index = nextIndex(index, answered);
        pauseMs = FIRST_PAUSE_MS;
        await bucket.take(signal);
      } catch (error) {
        if (signal.aborted) break;
        this.#fail(error);
        // Consul may have lost its state meanwhile, and would hold a query on an index that it has not reached again.
        index = 0;
        await clock.delay(pauseMs * (0.5 + random() / 2), { signal }).catch(() => undefined);
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      }
    }
    this.#setHeard();
  }

  async #query(
    index: number,
    signal: AbortSignal,
  ): Promise<{ readonly entries: ServiceEntries; readonly answered: string | undefined }> {
    const { client } = this.#deps;
    const blocking = index > 0 ? `&index=${index}&wait=${WAIT_MS / 1_000}s` : '';
    const { text, index: answered } = await client.ask(
      'GET',
      `/v1/health/service/${this.#service}?passing${blocking}`,
      { timeoutMs: index > 0 ? BLOCKING_TIMEOUT_MS : ANSWER_TIMEOUT_MS, signal },
    );
    const entries = readServiceEntries(text);
    if ('finding' in entries)
      throw new ConsulError('CONSUL_ANSWER_INVALID', { origin: client.origin, finding: entries.finding });
    return { entries, answered };
  }

  #take({ endpoints, skipped }: ServiceEntries): void {
    const { lists, clock, log, troubles } = this.#deps;
    const service = this.#service;
    this.#heardAtMs = clock.nowMs();
    if (this.#failingSinceMs !== undefined) log.info('Consul answers again', { service });
    this.#failingSinceMs = undefined;
    if (skipped > 0 && skipped !== this.#skipped)
      log.warn('entries in Consul cannot be used', { service, skipped });
    this.#skipped = skipped;
    troubles.set(`watch ${service}`, undefined);
    const set = createEndpointSet(endpoints, { isStale: false });
    if (this.feed.publish(set)) lists.keep(service, set.endpoints);
    this.#setHeard();
  }

  #fail(error: unknown): void {
    const { clock, log, troubles, staleAfterMs } = this.#deps;
    const service = this.#service;
    const nowMs = clock.nowMs();
    if (this.#failingSinceMs === undefined)
      log.warn('Consul does not tell where a service is', { service, error });
    this.#failingSinceMs ??= nowMs;
    this.#finding = isTiercelError(error) ? error.message : 'Consul cannot be asked';
    troubles.set(`watch ${service}`, this.#finding);
    const { current } = this.feed;
    // Silence has lasted long enough by itself.
    const isStale = isTiercelError(error, 'CONSUL_SILENT') || nowMs - this.#failingSinceMs >= staleAfterMs;
    if (current && isStale) this.feed.publish(createEndpointSet(current.endpoints, { isStale: true }));
    this.#setHeard();
  }
}
