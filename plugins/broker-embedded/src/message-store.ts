import { Readable, type Writable } from 'node:stream';
import type { Client, Subscription } from 'aedes';
import MemoryPersistence from 'aedes-persistence/asyncPersistence.js';
import { ClientConnection } from './client-connection.js';
import type { Message, WithId } from './message.js';
import { OutgoingQueue } from './outgoing-queue.js';
import { matchesFilter } from './topics.js';

export interface MessageStoreLimits {
  readonly queueMessages: number;
  readonly queueBytes: number;
  readonly maxSessions: number;
  readonly sessionExpireMs: number;
  readonly retainedMessages: number;
  readonly retainedBytes: number;
}

export interface MessageStoreOptions {
  readonly limits: MessageStoreLimits;
  readonly nowMs: () => number;
  /** So many messages are retained now. */
  readonly onRetained: (count: number) => void;
  /** A session was given up before its client came back, with what waited in it. */
  readonly onSessionLost: (cause: 'queue-full' | 'too-many' | 'expired', messages: number) => void;
}

interface Session {
  readonly queue: OutgoingQueue;
  readonly user: string | undefined;
  client: Client | undefined;
  awaySinceMs: number;
}

/**
 * What the broker remembers, in memory and within bounds: retained messages, and sessions of clients that come back. The memory
 * store of aedes has no bounds, and delivers retained messages of several subscriptions at once; so both are replaced here.
 */
export class MessageStore extends MemoryPersistence {
  readonly #options: MessageStoreOptions;
  readonly #retained = new Map<string, Message>();
  readonly #sessions = new Map<string, Session>();
  /** Ends of what is being delivered to a client after its latest subscription. */
  readonly #deliveries = new WeakMap<WithId, Promise<void>>();
  #retainedBytes = 0;
  #subscriber: { readonly client: Client; readonly subscriptions: readonly Subscription[] } | undefined;

  constructor(options: MessageStoreOptions) {
    super();
    this.#options = options;
  }

  get retainedMessages(): number {
    return this.#retained.size;
  }

  get retainedBytes(): number {
    return this.#retainedBytes;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  hasRoomFor(topic: string, payload: { readonly length: number }): boolean {
    const { retainedMessages, retainedBytes } = this.#options.limits;
    const known = this.#retained.get(topic);
    const bytes = this.#retainedBytes - (known ? sizeOf(topic, known.payload) : 0) + sizeOf(topic, payload);
    return bytes <= retainedBytes && (known !== undefined || this.#retained.size < retainedMessages);
  }

  override async storeRetained(packet: Message): Promise<void> {
    const { topic, payload } = packet;
    const known = this.#retained.get(topic);
    if (known) this.#retainedBytes -= sizeOf(topic, known.payload);
    if (payload.length === 0) this.#retained.delete(topic);
    else {
      // A packet is a view of the whole chunk in which it arrived, which would stay in memory with it.
      this.#retained.set(topic, { ...packet, payload: Buffer.from(payload) });
      this.#retainedBytes += sizeOf(topic, payload);
    }
    this.#options.onRetained(this.#retained.size);
  }

  /** Settles when the retained messages of all subscriptions so far are on their way to the client. */
  async delivered(client: WithId): Promise<void> {
    await this.#deliveries.get(client);
  }

  /** aedes asks for retained messages right after it has told of the subscription, and does not say for whom. */
  expectDelivery(client: Client, subscriptions: readonly Subscription[]): void {
    this.#subscriber = { client, subscriptions };
  }

  /** Delivers one after the other, after those of earlier subscriptions, and no faster than the client reads. */
  override createRetainedStreamCombi(filters: readonly string[]): Readable {
    const subscriber = this.#subscriber;
    this.#subscriber = undefined;
    const client = subscriber?.client;
    if (!client) return Readable.from([]);
    const granted = subscriber.subscriptions.filter(({ topic }) => filters.includes(topic));
    const earlier = this.delivered(client);
    return new RetainedMessages((destination) => {
      const delivery = earlier.then(() => this.#deliver(client, granted, destination));
      this.#deliveries.set(client, delivery);
    });
  }

  async #deliver(client: Client, granted: readonly Subscription[], destination: Writable): Promise<void> {
    for (const [topic, packet] of this.#retained) {
      const matching = granted.filter((subscription) => matchesFilter(subscription.topic, topic));
      if (matching.length === 0) continue;
      if (client.conn instanceof ClientConnection) await client.conn.room();
      if (client.closed) break;
      const qos = Math.min(packet.qos, Math.max(...matching.map((subscription) => subscription.qos)));
      await new Promise<void>((resolve) => destination.write({ ...packet, qos }, () => resolve()));
    }
    destination.end();
  }

  /** The user to whom the session of a client belongs. */
  ownerOf(clientId: string): { readonly user: string | undefined } | undefined {
    return this.#sessions.get(clientId);
  }

  override async addSubscriptions(client: Client, subscriptions: readonly Subscription[]): Promise<void> {
    this.#expireSessions();
    if (!this.#sessions.has(client.id)) {
      if (this.#sessions.size >= this.#options.limits.maxSessions) this.#giveUpLongestAway();
      const { queueMessages: messages, queueBytes: bytes } = this.#options.limits;
      const queue = new OutgoingQueue({ messages, bytes });
      this.#sessions.set(client.id, { queue, user: userOf(client), client, awaySinceMs: 0 });
    }
    await super.addSubscriptions(client, subscriptions);
  }

  /** The client starts anew: what waited for it is void. */
  override async cleanSubscriptions(client: WithId): Promise<void> {
    this.#sessions.delete(client.id);
    await super.cleanSubscriptions(client);
  }

  override async subscriptionsByClient(client: WithId): Promise<readonly Subscription[]> {
    this.#expireSessions();
    return super.subscriptionsByClient(client);
  }

  clientIsHere(client: Client): void {
    const session = this.#sessions.get(client.id);
    if (session) session.client = client;
  }

  clientIsAway(client: Client): void {
    const session = this.#sessions.get(client.id);
    if (session?.client !== client) return;
    session.client = undefined;
    session.awaySinceMs = this.#options.nowMs();
  }

  override async outgoingEnqueue(
    subscription: { readonly clientId: string },
    packet: Message,
  ): Promise<void> {
    this.#enqueue(subscription.clientId, packet);
  }

  override async outgoingEnqueueCombi(
    subscriptions: readonly { readonly clientId: string }[],
    packet: Message,
  ): Promise<void> {
    if (subscriptions.length === 0) return;
    const kept = { ...packet, payload: Buffer.from(packet.payload) };
    for (const { clientId } of subscriptions) this.#enqueue(clientId, kept);
  }

  override async outgoingUpdate(client: WithId, packet: Message): Promise<void> {
    this.#sessions.get(client.id)?.queue.update(packet);
  }

  override async outgoingClearMessageId(client: WithId, packet: Message): Promise<Message | undefined> {
    return this.#sessions.get(client.id)?.queue.acknowledge(packet.messageId);
  }

  override outgoingStream(client: WithId): Readable {
    return Readable.from(this.#sessions.get(client.id)?.queue.waiting() ?? []);
  }

  #enqueue(clientId: string, packet: Message): void {
    const session = this.#sessions.get(clientId);
    if (!session) return;
    const isExpired = this.#isExpired(session);
    if (!isExpired && session.queue.add(packet)) return;
    this.#giveUp(clientId, session, isExpired ? 'expired' : 'queue-full');
    if (session.client?.conn instanceof ClientConnection) {
      session.client.conn.cut('reads-too-slowly', this.#options.limits.queueBytes);
    }
  }

  #isExpired({ client, awaySinceMs }: Session): boolean {
    return !client && this.#options.nowMs() - awaySinceMs > this.#options.limits.sessionExpireMs;
  }

  #expireSessions(): void {
    for (const [id, session] of this.#sessions)
      if (this.#isExpired(session)) this.#giveUp(id, session, 'expired');
  }

  #giveUpLongestAway(): void {
    const away = [...this.#sessions].filter(([, { client }]) => !client);
    const [first] = away.sort(([, a], [, b]) => a.awaySinceMs - b.awaySinceMs);
    if (first) this.#giveUp(...first, 'too-many');
  }

  /** Its client finds no session when it comes back, subscribes anew, and so gets every retained message. */
  #giveUp(id: string, session: Session, cause: 'queue-full' | 'too-many' | 'expired'): void {
    this.#sessions.delete(id);
    // Both are done when they return.
    void super.cleanSubscriptions({ id });
    void super.cleanIncoming({ id });
    this.#options.onSessionLost(cause, session.queue.size);
  }
}

/** aedes pipes this into its writer, and the callback of each write tells when the message has been handed on. */
class RetainedMessages extends Readable {
  readonly #start: (destination: Writable) => void;

  constructor(start: (destination: Writable) => void) {
    super({ objectMode: true, read: () => undefined });
    this.#start = start;
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    this.#start(destination as unknown as Writable);
    return destination;
  }
}

const users = new WeakMap<WithId, string>();

/** Known from the moment in which the client has logged in; `undefined` for one without a user name. */
export function userOf(client: WithId): string | undefined {
  return users.get(client);
}

export function setUserOf(client: WithId, user: string): void {
  users.set(client, user);
}

/** What a message takes beside its text, roughly. */
const OVERHEAD_BYTES = 200;

function sizeOf(topic: string, payload: { readonly length: number }): number {
  return topic.length + payload.length + OVERHEAD_BYTES;
}
