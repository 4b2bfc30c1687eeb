import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@tiercel/capabilities/clock';
import {
  checkServiceName,
  createEndpointSet,
  type Discovery,
  DiscoveryError,
  EndpointFeed,
  type EndpointSet,
  readFeed,
} from '@tiercel/capabilities/discovery';
import type { Log } from '@tiercel/capabilities/log';
import { childController, raceSignal } from '@tiercel/kernel';
import type { ResponsePacket } from 'multicast-dns';
import { LISTEN_MS, LONGEST_PAUSE_MS, MAX_INSTANCES, SERVICE_TYPE } from './limits.js';
import type { MdnsNetwork } from './mdns-network.js';
import { goodbyesIn, type Instance, instancesIn } from './service-records.js';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

export interface MdnsDiscoveryDeps {
  readonly network: MdnsNetwork;
  readonly clock: Clock;
  readonly log: Log;
}

interface Known extends Instance {
  readonly untilMs: number;
}

interface Reader {
  readonly service: string;
  readonly feed: EndpointFeed;
}

/**
 * Keeps in mind what nodes of the local network tell of their services, at most 256 of them. From the first use on it asks
 * every minute, and whenever a record is about to end; who does not answer any more is forgotten within two minutes.
 */
export class MdnsDiscovery implements Discovery, AsyncDisposable {
  readonly #deps: MdnsDiscoveryDeps;
  readonly #known = new Map<string, Known>();
  readonly #readers = new Set<Reader>();
  readonly #stop = new AbortController();
  readonly #heard: Promise<void>;
  #setHeard: () => void = () => undefined;
  #hasListened = false;
  #asking: Promise<void> | undefined;
  #askAgain = new AbortController();
  #hasOverflowed = false;

  constructor(deps: MdnsDiscoveryDeps) {
    this.#deps = deps;
    this.#heard = new Promise((resolve) => {
      this.#setHeard = resolve;
    });
    deps.network.listen({
      onResponse: (response, from) => this.#hear(response, from),
      onChange: () => this.#networkChanged(),
    });
  }

  /** How many services of nodes are known. */
  get size(): number {
    return this.#known.size;
  }

  async resolve(service: string, { signal }: Options = {}): Promise<EndpointSet> {
    signal?.throwIfAborted();
    checkServiceName(service);
    this.#begin(service);
    if (this.#endpointsOf(service).length === 0)
      await (signal ? raceSignal(this.#heard, signal) : this.#heard);
    const set = this.#setOf(service);
    if (set) return set;
    const finding = this.#deps.network.finding ?? 'discovery is closed';
    throw new DiscoveryError('DISCOVERY_UNAVAILABLE', { service, finding });
  }

  watch(service: string, options: Options = {}): AsyncIterableIterator<EndpointSet> {
    return readFeed(() => {
      checkServiceName(service);
      this.#begin(service);
      const reader = { service, feed: new EndpointFeed(this.#setOf(service)) };
      this.#readers.add(reader);
      return { feed: reader.feed, close: () => this.#readers.delete(reader) };
    }, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#setHeard();
    await this.#asking;
  }

  #begin(service: string): void {
    if (this.#stop.signal.aborted)
      throw new DiscoveryError('DISCOVERY_UNAVAILABLE', { service, finding: 'discovery is closed' });
    this.#asking ??= this.#ask(this.#stop.signal);
  }

  /** Never rejects. */
  async #ask(signal: AbortSignal): Promise<void> {
    const { network, clock } = this.#deps;
    let pauseMs = LISTEN_MS;
    while (!signal.aborted) {
      this.#askAgain = new AbortController();
      await network.query({ questions: [{ name: SERVICE_TYPE, type: 'PTR' }] });
      using early = childController(signal);
      this.#askAgain.signal.addEventListener('abort', () => early.abort(undefined), { once: true });
      const waitMs = Math.min(pauseMs, this.#msToNextEnd());
      const isEarly = await clock.delay(waitMs, { signal: early.signal }).then(
        () => false,
        () => true,
      );
      if (signal.aborted) return;
      this.#forgetEnded();
      // A network that has just come is listened to from the beginning.
      pauseMs = isEarly ? LISTEN_MS : Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      if (!isEarly && network.finding === undefined) this.#listened();
    }
  }

  #listened(): void {
    this.#hasListened = true;
    this.#setHeard();
    this.#publish();
  }

  #networkChanged(): void {
    if (!this.#asking) return;
    if (this.#deps.network.finding === undefined) this.#askAgain.abort();
    // Nobody waits for a network that is not there.
    else this.#setHeard();
    this.#publish();
  }

  #hear(response: ResponsePacket, from: string): void {
    if (!this.#asking) return;
    const nowMs = this.#deps.clock.nowMs();
    let hasChanged = false;
    for (const name of goodbyesIn(response)) hasChanged = this.#known.delete(name) || hasChanged;
    for (const instance of instancesIn(response, from)) {
      const known = this.#known.get(instance.name);
      if (!known && !this.#hasRoom()) continue;
      hasChanged ||= !known || !isDeepStrictEqual(announcedOf(known), announcedOf(instance));
      this.#known.set(instance.name, { ...instance, untilMs: nowMs + instance.ttlSeconds * 1_000 });
    }
    // Most messages only renew what is known.
    if (hasChanged) this.#publish();
  }

  #hasRoom(): boolean {
    if (this.#known.size < MAX_INSTANCES) {
      this.#hasOverflowed = false;
      return true;
    }
    if (!this.#hasOverflowed)
      this.#deps.log.warn('more services are announced by multicast DNS than are kept', {
        kept: MAX_INSTANCES,
      });
    this.#hasOverflowed = true;
    return false;
  }

  #msToNextEnd(): number {
    const untilMs = Math.min(...[...this.#known.values()].map((known) => known.untilMs));
    // With a question at least every minute, what is still there has told so by then.
    return Math.max(untilMs - this.#deps.clock.nowMs(), LISTEN_MS);
  }

  #forgetEnded(): void {
    const nowMs = this.#deps.clock.nowMs();
    for (const [name, { untilMs }] of [...this.#known]) if (untilMs <= nowMs) this.#known.delete(name);
    this.#publish();
  }

  #publish(): void {
    for (const { service, feed } of [...this.#readers]) {
      const set = this.#setOf(service);
      if (set) feed.publish(set);
    }
  }

  /** Nothing while it is not known whether anybody is there. */
  #setOf(service: string): EndpointSet | undefined {
    const endpoints = this.#endpointsOf(service);
    const isStale = this.#deps.network.finding !== undefined;
    if (endpoints.length === 0 && (isStale || !this.#hasListened)) return undefined;
    return createEndpointSet(endpoints, { isStale });
  }

  #endpointsOf(service: string) {
    const all = [...this.#known.values()].filter((known) => known.service === service);
    return all.map(({ endpoint }) => endpoint);
  }
}

/** All but how long it lives. */
function announcedOf({ service, endpoint }: Instance) {
  return { service, endpoint };
}
