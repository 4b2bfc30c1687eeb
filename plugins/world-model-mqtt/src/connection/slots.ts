export interface SlotsOptions {
  readonly slots: number;
  readonly waiting: number;
  /** The error for who would be one too many in the queue. */
  readonly full: () => unknown;
}

/** A number of places that are taken in the order of asking. The queue before them is bounded. */
export class Slots {
  readonly #full: () => unknown;
  readonly #mostWaiting: number;
  readonly #waiting: { readonly enter: () => void; readonly fail: (reason: unknown) => void }[] = [];
  #free: number;
  #closed: { readonly reason: unknown } | undefined;

  constructor({ slots, waiting, full }: SlotsOptions) {
    this.#free = slots;
    this.#mostWaiting = waiting;
    this.#full = full;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Settles when there is a place; give it back with `leave`. */
  enter(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(this.#closed.reason);
      if (signal?.aborted) return reject(signal.reason);
      if (this.#free > 0) {
        this.#free -= 1;
        return resolve();
      }
      if (this.#waiting.length >= this.#mostWaiting) return reject(this.#full());
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(place), 1);
        reject(signal?.reason);
      };
      const place = {
        enter: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
        fail: (reason: unknown) => {
          signal?.removeEventListener('abort', abort);
          reject(reason);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(place);
    });
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next.enter();
    else this.#free += 1;
  }

  /** Whoever waits, and whoever comes later, gets `reason`. */
  close(reason: unknown): void {
    this.#closed = { reason };
    for (const place of this.#waiting.splice(0)) place.fail(reason);
  }
}
