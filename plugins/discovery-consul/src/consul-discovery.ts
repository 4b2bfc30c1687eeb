import {
  checkServiceName,
  type Discovery,
  DiscoveryError,
  type EndpointSet,
  readFeed,
} from '@tiercel/capabilities/discovery';
import { coreMetrics, type Metrics } from '@tiercel/capabilities/metrics';
import { raceSignal } from '@tiercel/kernel';
import { IDLE_MS, MAX_WATCHES, TICK_MS } from './limits.js';
import { ServiceWatch, type ServiceWatchDeps } from './service-watch.js';

export interface ConsulDiscoveryDeps extends ServiceWatchDeps {
  readonly metrics: Metrics | undefined;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
}

interface Watched {
  readonly watch: ServiceWatch;
  readers: number;
  usedAtMs: number;
}

/**
 * Watches each service that somebody asked for or reads, up to 64. One that nobody has wanted for ten minutes is let go; so
 * is the one that has waited longest when there is no room.
 */
export class ConsulDiscovery implements Discovery, AsyncDisposable {
  readonly #deps: ConsulDiscoveryDeps;
  readonly #watched = new Map<string, Watched>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #ticking: Promise<void>;

  constructor(deps: ConsulDiscoveryDeps) {
    this.#deps = deps;
    this.#ticking = this.#tick();
  }

  /** Names that are watched now. */
  get services(): readonly string[] {
    return [...this.#watched.keys()];
  }

  async resolve(service: string, { signal }: Options = {}): Promise<EndpointSet> {
    signal?.throwIfAborted();
    checkServiceName(service);
    const { watch } = this.#use(service);
    await (signal ? raceSignal(watch.heard, signal) : watch.heard);
    const { current } = watch.feed;
    if (current) return current;
    throw new DiscoveryError('DISCOVERY_UNAVAILABLE', { service, finding: watch.finding });
  }

  watch(service: string, options: Options = {}): AsyncIterableIterator<EndpointSet> {
    return readFeed(() => {
      checkServiceName(service);
      const watched = this.#use(service);
      watched.readers++;
      const close = () => {
        watched.readers--;
        watched.usedAtMs = this.#deps.clock.nowMs();
      };
      return { feed: watched.watch.feed, close };
    }, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const service of this.services) this.#letGo(service);
    await Promise.all([this.#ticking, ...this.#leaving]);
  }

  #use(service: string): Watched {
    const known = this.#watched.get(service);
    if (known) {
      known.usedAtMs = this.#deps.clock.nowMs();
      return known;
    }
    this.#makeRoom(service);
    const watched = {
      watch: new ServiceWatch(service, this.#deps),
      readers: 0,
      usedAtMs: this.#deps.clock.nowMs(),
    };
    this.#watched.set(service, watched);
    return watched;
  }

  #makeRoom(service: string): void {
    if (this.#stop.signal.aborted)
      throw new DiscoveryError('DISCOVERY_UNAVAILABLE', { service, finding: 'discovery is closed' });
    if (this.#watched.size < MAX_WATCHES) return;
    const [oldest] = [...this.#watched]
      .filter(([, { readers }]) => readers === 0)
      .sort(([, a], [, b]) => a.usedAtMs - b.usedAtMs);
    const finding = `${MAX_WATCHES} other services are watched already`;
    if (!oldest) throw new DiscoveryError('DISCOVERY_UNAVAILABLE', { service, finding });
    this.#letGo(oldest[0]);
  }

  #letGo(service: string): void {
    const watched = this.#watched.get(service);
    if (!watched) return;
    this.#watched.delete(service);
    const left = watched.watch[Symbol.asyncDispose]().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  async #tick(): Promise<void> {
    const { clock, metrics } = this.#deps;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      for (const [service, { watch, readers, usedAtMs }] of [...this.#watched]) {
        if (watch.ageMs !== undefined)
          metrics?.set(coreMetrics.discoveryAgeSeconds, watch.ageMs / 1_000, { service });
        if (readers === 0 && clock.nowMs() - usedAtMs >= IDLE_MS) this.#letGo(service);
      }
      await clock.delay(TICK_MS, { signal }).catch(() => undefined);
    }
  }
}
