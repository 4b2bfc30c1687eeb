interface Waiter {
  readonly revision: number;
  readonly arrive: () => void;
}

/** Those who wait until what is known of a key has reached a revision. */
export class RevisionWaiters {
  readonly #waiting = new Map<string, Set<Waiter>>();

  get size(): number {
    return this.#waiting.size;
  }

  /** Rejects with the reason of `signal`, which has to be one with an end. */
  wait(key: string, revision: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const waiters = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiters);
      const leave = () => {
        waiters.delete(waiter);
        if (waiters.size === 0 && this.#waiting.get(key) === waiters) this.#waiting.delete(key);
        signal.removeEventListener('abort', abort);
      };
      const abort = () => {
        leave();
        reject(signal.reason);
      };
      const waiter = {
        revision,
        arrive: () => {
          leave();
          resolve();
        },
      };
      waiters.add(waiter);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  reached(key: string, revision: number): void {
    for (const waiter of [...(this.#waiting.get(key) ?? [])]) {
      if (waiter.revision <= revision) waiter.arrive();
    }
  }

  /** Of every key. */
  reachedAll(revision: number): void {
    for (const key of [...this.#waiting.keys()]) this.reached(key, revision);
  }
}
