import { randomBytes } from 'node:crypto';
import type { Clock } from '@tiercel/capabilities/clock';
import {
  type Announcement,
  type AnnouncementEvent,
  checkAnnouncement,
  type ServiceAnnouncer,
  StateStream,
} from '@tiercel/capabilities/discovery';
import type { QueryPacket } from 'multicast-dns';
import {
  ADDRESS_CHECK_MS,
  ANNOUNCE_AGAIN_MS,
  ANSWER_DELAY_MS,
  ANSWER_PAUSE_MS,
  INSTANCES_PER_MESSAGE,
  SERVICE_TYPE,
  TTL_SECONDS,
} from './limits.js';
import type { MdnsNetwork } from './mdns-network.js';
import { type Answer, localAddresses, type OwnInstance, recordsOf } from './service-records.js';

export interface MdnsAnnouncerDeps {
  readonly network: MdnsNetwork;
  readonly clock: Clock;
  /** At least 0 and below 1. */
  readonly random: () => number;
  readonly node: string;
  readonly advertise: string;
  readonly interface: string;
}

interface Standing {
  readonly label: string;
  readonly announcement: Announcement;
  tell(event: AnnouncementEvent): void;
}

/** Where all services of all networks are listed (RFC 6763, section 9). */
const LIST_OF_TYPES = '_services._dns-sd._udp.local';

/** Tells the local network of the services of this node, and answers who asks for them. */
export class MdnsAnnouncer implements ServiceAnnouncer, AsyncDisposable {
  readonly #deps: MdnsAnnouncerDeps;
  readonly #standing = new Set<Standing>();
  readonly #stop = new AbortController();
  readonly #work = new Set<Promise<void>>();
  /** No other node has it, so its names need no probing (RFC 6762, section 8.1). */
  readonly #boot = randomBytes(8).toString('hex');
  #count = 0;
  #sentAtMs = Number.NEGATIVE_INFINITY;
  #isAnswerDue = false;
  #isWatchingAddresses = false;

  constructor(deps: MdnsAnnouncerDeps) {
    this.#deps = deps;
    deps.network.listen({ onQuery: (query) => this.#hear(query), onChange: () => this.#networkChanged() });
  }

  announce(
    announcement: Announcement,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterableIterator<AnnouncementEvent> {
    return new StateStream(signal, (stream) => {
      checkAnnouncement(announcement);
      // Dots would be the ends of labels, and 63 bytes are the most that one may have.
      const node = this.#deps.node.replaceAll(/[^A-Za-z0-9-]/g, '-').slice(0, 40);
      const standing: Standing = {
        label: `${node}-${this.#boot}-${(this.#count++).toString(36)}`,
        announcement,
        tell: (event) => stream.tell(event),
      };
      this.#standing.add(standing);
      this.#keep(this.#introduce(standing));
      this.#watchAddresses();
      return { withdraw: () => this.#withdraw(standing) };
    });
  }

  /** Withdraws what nobody has withdrawn. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#standing].map((standing) => this.#withdraw(standing)));
    this.#stop.abort();
    await Promise.all(this.#work);
  }

  /** Twice, because messages get lost (RFC 6762, section 8.3). */
  async #introduce(standing: Standing): Promise<void> {
    await this.#send([standing]);
    this.#tellStateOf(standing);
    await this.#pause(ANNOUNCE_AGAIN_MS);
    if (this.#standing.has(standing)) await this.#send([standing]);
  }

  #networkChanged(): void {
    const isThere = this.#deps.network.finding === undefined;
    for (const standing of this.#standing) {
      if (isThere) this.#keep(this.#introduce(standing));
      else this.#tellStateOf(standing);
    }
  }

  #tellStateOf({ tell }: Standing): void {
    const { finding } = this.#deps.network;
    tell(finding === undefined ? { state: 'announced' } : { state: 'lost', finding });
  }

  async #withdraw(standing: Standing): Promise<void> {
    if (!this.#standing.delete(standing)) return;
    await this.#send([standing], 0);
  }

  #hear({ questions, answers }: QueryPacket): void {
    if (this.#standing.size === 0 || this.#isAnswerDue) return;
    const labels = [...this.#standing].map(({ label }) => label.toLowerCase());
    const names = new Set([
      SERVICE_TYPE,
      ...labels.flatMap((label) => [`${label}.${SERVICE_TYPE}`, `${label}.local`]),
    ]);
    const isAsked = (questions ?? []).some(({ name }) => names.has(name.toLowerCase()));
    const isListAsked = (questions ?? []).some(({ name }) => name.toLowerCase() === LIST_OF_TYPES);
    if (isListAsked) this.#keep(this.#answer(true));
    // Whoever asks says what it knows already (RFC 6762, section 7.1).
    else if (isAsked && !this.#isKnown(answers ?? [], labels)) this.#keep(this.#answer(false));
  }

  #isKnown(answers: readonly Answer[], labels: readonly string[]): boolean {
    const known = answers.flatMap((answer) =>
      answer.type === 'PTR' && (answer.ttl ?? 0) >= TTL_SECONDS / 2
        ? [String(answer.data).toLowerCase()]
        : [],
    );
    return labels.every((label) => known.includes(`${label}.${SERVICE_TYPE}`));
  }

  /** One answer for all who ask meanwhile. */
  async #answer(withType: boolean): Promise<void> {
    const { clock, random, network } = this.#deps;
    this.#isAnswerDue = true;
    const { from, to } = ANSWER_DELAY_MS;
    const restMs = this.#sentAtMs + ANSWER_PAUSE_MS - clock.nowMs();
    await this.#pause(Math.max(from + random() * (to - from), restMs));
    this.#isAnswerDue = false;
    if (this.#stop.signal.aborted) return;
    if (withType)
      await network.respond([{ type: 'PTR', name: LIST_OF_TYPES, ttl: TTL_SECONDS, data: SERVICE_TYPE }]);
    await this.#send([...this.#standing]);
  }

  async #send(all: readonly Standing[], ttl = TTL_SECONDS): Promise<void> {
    const { network, clock } = this.#deps;
    this.#sentAtMs = clock.nowMs();
    for (let first = 0; first < all.length; first += INSTANCES_PER_MESSAGE) {
      const part = all.slice(first, first + INSTANCES_PER_MESSAGE);
      await network.respond(part.flatMap((standing) => recordsOf(this.#instanceOf(standing), ttl)));
    }
  }

  #instanceOf({ label, announcement }: Standing): OwnInstance {
    const { node, advertise } = this.#deps;
    const host = advertise || announcement.host;
    const id = `${node}:${announcement.service}:${announcement.port}`;
    return { label, id, announcement, hosts: host ? [host] : localAddresses(this.#deps.interface) };
  }

  /** A machine that gets another address tells it at once. */
  #watchAddresses(): void {
    if (this.#isWatchingAddresses) return;
    this.#isWatchingAddresses = true;
    const watch = async () => {
      let before = localAddresses(this.#deps.interface).join();
      while (this.#standing.size > 0 && !this.#stop.signal.aborted) {
        await this.#pause(ADDRESS_CHECK_MS);
        const now = localAddresses(this.#deps.interface).join();
        if (now !== before) for (const standing of this.#standing) this.#keep(this.#introduce(standing));
        before = now;
      }
      this.#isWatchingAddresses = false;
    };
    this.#keep(watch());
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#stop;
    await this.#deps.clock.delay(ms, { signal }).catch(() => undefined);
  }

  #keep(work: Promise<void>): void {
    const kept = work.finally(() => this.#work.delete(kept));
    this.#work.add(kept);
  }
}
