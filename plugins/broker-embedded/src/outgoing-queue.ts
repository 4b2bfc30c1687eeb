import type { Message } from './message.js';

export interface OutgoingQueueLimits {
  readonly messages: number;
  readonly bytes: number;
}

interface Outgoing {
  packet: Message;
  messageId: number | undefined;
  readonly bytes: number;
}

/** What one client has not acknowledged yet, in order. */
export class OutgoingQueue {
  readonly #limits: OutgoingQueueLimits;
  /** By the number that the broker gave the message. */
  readonly #byCounter = new Map<number, Outgoing>();
  /** By the number under which this client was sent it. */
  readonly #byMessageId = new Map<number, number>();
  #bytes = 0;

  constructor(limits: OutgoingQueueLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#byCounter.size;
  }

  /** Returns whether there was room. */
  add(packet: Message): boolean {
    const bytes = packet.topic.length + packet.payload.length;
    if (this.#byCounter.size >= this.#limits.messages || this.#bytes + bytes > this.#limits.bytes)
      return false;
    this.#byCounter.set(packet.brokerCounter, { packet, messageId: undefined, bytes });
    this.#bytes += bytes;
    return true;
  }

  /** A message got its number, or was received and only waits to be released. */
  update(packet: Message): void {
    const { messageId } = packet;
    if (messageId === undefined) return;
    if (packet.cmd !== 'publish') {
      const known = this.#byCounter.get(this.#byMessageId.get(messageId) ?? -1);
      if (known) known.packet = packet;
      return;
    }
    const outgoing = this.#byCounter.get(packet.brokerCounter);
    if (!outgoing) return;
    outgoing.messageId = messageId;
    this.#byMessageId.set(messageId, packet.brokerCounter);
  }

  acknowledge(messageId: number | undefined): Message | undefined {
    if (messageId === undefined) return undefined;
    const counter = this.#byMessageId.get(messageId);
    this.#byMessageId.delete(messageId);
    const outgoing = counter === undefined ? undefined : this.#byCounter.get(counter);
    if (counter === undefined || !outgoing) return undefined;
    this.#byCounter.delete(counter);
    this.#bytes -= outgoing.bytes;
    return outgoing.packet;
  }

  /** For a client that is back. What it may have seen before is marked as a repetition. */
  waiting(): readonly Message[] {
    return [...this.#byCounter.values()].map(({ packet, messageId }) =>
      packet.cmd === 'publish'
        ? { ...packet, retain: false, dup: messageId !== undefined, messageId }
        : { ...packet, messageId },
    );
  }
}
