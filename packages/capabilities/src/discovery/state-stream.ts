import type { AnnouncementEvent } from './service-announcer.js';

/** An announcement that has begun. */
export interface Standing {
  /** Called once. Bounds its own time. */
  withdraw(): Promise<void>;
}

/**
 * What `announce` of a `ServiceAnnouncer` returns: the latest state, each told once. `begin` is called at the first read and
 * may throw; what it returns is withdrawn when the reader leaves or `signal` aborts.
 */
export class StateStream implements AsyncIterableIterator<AnnouncementEvent> {
  readonly #signal: AbortSignal | undefined;
  readonly #begin: (stream: StateStream) => Standing;
  readonly #onAbort = () => {
    this.#isAborted = true;
    void this.#end();
  };
  #standing: Standing | undefined;
  #latest: AnnouncementEvent | undefined;
  #isAborted = false;
  #told = '';
  #ending: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #earlier: Promise<unknown> = Promise.resolve();

  constructor(signal: AbortSignal | undefined, begin: (stream: StateStream) => Standing) {
    this.#signal = signal;
    this.#begin = begin;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Replaces a state that nobody has read yet. */
  tell(event: AnnouncementEvent): void {
    this.#latest = event;
    this.#wake();
  }

  next(): Promise<IteratorResult<AnnouncementEvent>> {
    const result = this.#earlier.then(() => this.#read());
    this.#earlier = result.catch(() => undefined);
    return result;
  }

  async return(): Promise<IteratorResult<AnnouncementEvent>> {
    await this.#end();
    return { done: true, value: undefined };
  }

  async #read(): Promise<IteratorResult<AnnouncementEvent>> {
    while (true) {
      if (this.#ending) {
        await this.#ending;
        if (this.#isAborted) this.#signal?.throwIfAborted();
        return { done: true, value: undefined };
      }
      if (!this.#standing) {
        this.#signal?.throwIfAborted();
        this.#standing = this.#begin(this);
        this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
      }
      const text = JSON.stringify(this.#latest);
      if (this.#latest && text !== this.#told) {
        this.#told = text;
        return { done: false, value: this.#latest };
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #end(): Promise<void> {
    this.#ending ??= this.#withdraw();
    this.#wake();
    return this.#ending;
  }

  async #withdraw(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    await this.#standing?.withdraw();
  }
}
