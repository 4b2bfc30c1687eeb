import { createHash } from 'node:crypto';
import type { Clock } from '@tiercel/capabilities/clock';
import { LanguageModelError } from '@tiercel/capabilities/language-model';
import type { CircuitCall } from '@tiercel/failover';
import { raceSignal } from '@tiercel/kernel';
import { ServerEndpoint, type ServerEndpointOptions } from './server-endpoint.js';

export interface EndpointPoolOptions {
  /** Calls at once to each server. */
  readonly concurrency: number;
  /** Calls that may wait for a free place. */
  readonly queue: number;
  readonly queueTimeoutMs: number;
  readonly clock: Clock;
  /** 0 … 1, for choices and pauses. */
  readonly random: () => number;
}

export interface PoolRequest {
  readonly except: ReadonlySet<ServerEndpoint>;
  /** Calls with the same key go to the same server while they can: it has evaluated their beginning before. */
  readonly key?: string | undefined;
  readonly signal: AbortSignal;
}

/** A place at a server. Giving it back twice does nothing. */
export interface Lease extends Disposable {
  readonly endpoint: ServerEndpoint;
  readonly circuitCall: CircuitCall;
}

interface Waiter {
  readonly request: PoolRequest;
  grant(lease: Lease | undefined): void;
}

/**
 * The model servers that are known now, and who may ask them. Waiting is in the order of asking, bounded and with a
 * deadline.
 */
export class EndpointPool {
  readonly #options: EndpointPoolOptions;
  readonly #create: (base: string) => ServerEndpoint;
  readonly #waiters = new Set<Waiter>();
  readonly #listeners = new Set<() => void>();
  #byRank = new Map<number, readonly ServerEndpoint[]>();

  constructor(options: EndpointPoolOptions, endpoint: Omit<ServerEndpointOptions, 'base'>) {
    this.#options = options;
    this.#create = (base) => new ServerEndpoint({ ...endpoint, base });
  }

  get all(): readonly ServerEndpoint[] {
    return [...new Set([...this.#byRank.values()].flat())];
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  get running(): number {
    return this.all.reduce((sum, { running }) => sum + running, 0);
  }

  /** Told when servers come and go, and after each call. Returns the way to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The servers of one service now. Those that stay keep what is known of them; calls to those that go run on. */
  replace(rank: number, found: readonly { readonly base: string; readonly weight?: number }[]): void {
    const known = new Map(this.all.map((endpoint) => [endpoint.base, endpoint]));
    const endpoints = found.map(({ base, weight }) => {
      const endpoint = known.get(base) ?? this.#create(base);
      endpoint.update(weight === undefined ? {} : { weight }, rank);
      known.set(base, endpoint);
      return endpoint;
    });
    this.#byRank.set(rank, endpoints);
    this.#serve();
  }

  /**
   * A place at one of the servers that may be asked; `undefined` when there is none to wait for. Rejects with
   * LANGUAGE_MODEL_OVERLOADED, LANGUAGE_MODEL_TIMEOUT or the reason of an aborted signal.
   */
  async acquire(request: PoolRequest): Promise<Lease | undefined> {
    request.signal.throwIfAborted();
    const candidates = this.#candidates(request);
    const free = candidates.filter(({ running }) => running < this.#options.concurrency);
    // Nobody can be waiting for one of these: a place that gets free is given away at once.
    const endpoint = this.#choose(free, request);
    if (endpoint) return this.#lease(endpoint);
    if (candidates.length === 0) return undefined;
    const { queue: limit } = this.#options;
    const waiting = this.#waiters.size;
    if (waiting >= limit) throw new LanguageModelError('LANGUAGE_MODEL_OVERLOADED', { waiting, limit });
    return this.#wait(request);
  }

  /** The server that a call would go to, whether or not it has a free place. */
  preferred(key?: string): ServerEndpoint | undefined {
    const callable = this.all.filter(({ circuit }) => circuit.state === 'closed');
    return this.#choose(callable, { key });
  }

  async #wait(request: PoolRequest): Promise<Lease | undefined> {
    const { clock, queueTimeoutMs } = this.#options;
    const over = new AbortController();
    let waiter: Waiter | undefined;
    const granted = new Promise<Lease | undefined>((grant) => {
      waiter = { request, grant };
      this.#waiters.add(waiter);
    });
    const late = clock.delay(queueTimeoutMs, { signal: over.signal }).then(() => {
      throw new LanguageModelError('LANGUAGE_MODEL_TIMEOUT', { phase: 'queue', waitedMs: queueTimeoutMs });
    });
    this.#announce();
    try {
      return await raceSignal(Promise.race([granted, late]), request.signal);
    } catch (error) {
      // A place that was granted at the same moment goes to the next.
      void granted.then((lease) => lease?.[Symbol.dispose]());
      throw error;
    } finally {
      over.abort();
      late.catch(() => undefined);
      if (waiter) this.#waiters.delete(waiter);
    }
  }

  #candidates({ except }: Pick<PoolRequest, 'except'>): readonly ServerEndpoint[] {
    return this.all.filter((endpoint) => !except.has(endpoint) && endpoint.circuit.isCallable);
  }

  /**
   * Of the first service that has any, one at random by weight: the smallest of values that are distributed so. With a
   * key chance is replaced by a hash of it, so that servers that come and go move few conversations.
   */
  #choose(
    endpoints: readonly ServerEndpoint[],
    { key }: { readonly key?: string | undefined },
  ): ServerEndpoint | undefined {
    const rank = Math.min(...endpoints.map((endpoint) => endpoint.rank));
    let best: ServerEndpoint | undefined;
    let smallest = Number.POSITIVE_INFINITY;
    for (const endpoint of endpoints) {
      if (endpoint.rank !== rank) continue;
      const chance = key === undefined ? this.#options.random() : hashFraction(`${key} ${endpoint.base}`);
      // A weight of 0 is a last choice, and no division by it.
      const value = -Math.log(Math.max(chance, Number.MIN_VALUE)) / Math.max(endpoint.weight, 1e-9);
      if (best && value >= smallest) continue;
      best = endpoint;
      smallest = value;
    }
    return best;
  }

  #lease(endpoint: ServerEndpoint): Lease {
    endpoint.running++;
    const circuitCall = endpoint.circuit.begin();
    let isReleased = false;
    this.#announce();
    return {
      endpoint,
      circuitCall,
      [Symbol.dispose]: () => {
        if (isReleased) return;
        isReleased = true;
        circuitCall.release();
        endpoint.running--;
        this.#serve();
      },
    };
  }

  #serve(): void {
    for (const waiter of [...this.#waiters]) {
      const candidates = this.#candidates(waiter.request);
      const free = candidates.filter(({ running }) => running < this.#options.concurrency);
      const endpoint = this.#choose(free, waiter.request);
      if (!endpoint && candidates.length > 0) continue;
      this.#waiters.delete(waiter);
      waiter.grant(endpoint && this.#lease(endpoint));
    }
    this.#announce();
  }

  #announce(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Above 0, below 1. */
function hashFraction(text: string): number {
  const bytes = createHash('sha256').update(text).digest();
  return (bytes.readUInt32BE(0) + 0.5) / 2 ** 32;
}
