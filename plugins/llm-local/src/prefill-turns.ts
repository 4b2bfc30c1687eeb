import { setImmediate as nextLoop } from 'node:timers/promises';

interface Waiter {
  begin(): void;
}

/**
 * Lets one sequence at a time evaluate a piece of its prompt, in the order of asking: several long prompts at once
 * never make one batch, and between two pieces everybody who generates gets a token. Each sequence waits with one piece,
 * so the queue is never longer than there are sequences.
 */
export class PrefillTurns {
  readonly #waiting = new Set<Waiter>();
  readonly #steps = new Set<Promise<unknown>>();
  #isTaken = false;

  /** Runs `evaluate` when it is its turn; rejects with the reason of `signal` if that aborts before. */
  async take<T>(evaluate: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#isTaken) await this.#wait(signal);
    this.#isTaken = true;
    try {
      return await evaluate();
    } finally {
      void this.#pass();
    }
  }

  /** Runs one step of an answer: the next piece begins after it, and no step waits for more than one piece. */
  async step<T>(run: () => Promise<T>): Promise<T> {
    const step = run();
    this.#steps.add(step);
    try {
      return await step;
    } finally {
      this.#steps.delete(step);
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        signal.removeEventListener('abort', onAbort);
        this.#waiting.delete(waiter);
      };
      const onAbort = () => {
        leave();
        reject(signal.reason);
      };
      const waiter: Waiter = {
        begin: () => {
          leave();
          resolve();
        },
      };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  async #pass(): Promise<void> {
    // A token is sampled after the batch that it was in: a piece that begins before would be evaluated without the next.
    await Promise.allSettled(this.#steps);
    await nextLoop();
    const [next] = this.#waiting;
    if (next) next.begin();
    else this.#isTaken = false;
  }
}
