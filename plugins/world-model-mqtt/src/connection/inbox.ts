import type { Incoming, MqttMessage } from './mqtt-session.js';

export interface InboxOptions {
  readonly capacity: number;
  readonly handle: (message: MqttMessage, signal: AbortSignal) => Promise<void> | void;
  /** A message could not be handled, and was not acknowledged. */
  readonly failed: (error: unknown, message: MqttMessage) => void;
  readonly signal: AbortSignal;
}

/** Messages that wait to be handled, one after the other. Each is acknowledged when that is done. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #waiting: Incoming[] = [];
  #room: { readonly promise: Promise<void>; readonly open: () => void } | undefined;
  #working: Promise<void> | undefined;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes it in any case. The promise settles when there is room for another one; undefined where there is already. */
  put(incoming: Incoming): Promise<void> | undefined {
    if (this.#options.signal.aborted) return undefined;
    this.#waiting.push(incoming);
    this.#working ??= this.#work();
    if (this.#waiting.length < this.#options.capacity) return undefined;
    if (!this.#room) {
      let open = () => {};
      const promise = new Promise<void>((resolve) => {
        open = resolve;
      });
      this.#room = { promise, open };
    }
    return this.#room.promise;
  }

  /** Drops what is not handled yet; the broker sends that again. Settles when the last handler has. */
  async close(): Promise<void> {
    this.#waiting.length = 0;
    this.#openRoom();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { handle, failed, signal } = this.#options;
    // A whole packet is read before the first one is handled, which may take as long as it likes.
    await Promise.resolve();
    for (let incoming = this.#waiting.shift(); incoming; incoming = this.#waiting.shift()) {
      if (this.#waiting.length < this.#options.capacity) this.#openRoom();
      try {
        await handle(incoming.message, signal);
        incoming.acknowledge();
      } catch (error) {
        if (!signal.aborted) failed(error, incoming.message);
      }
    }
    this.#working = undefined;
  }

  #openRoom(): void {
    this.#room?.open();
    this.#room = undefined;
  }
}
