import type { Clock } from '@tiercel/capabilities/clock';
import { LanguageModelError } from '@tiercel/capabilities/language-model';

export interface ModelQueueOptions {
  /** Requests that are answered at once. */
  readonly concurrency: number;
  /** Requests that may wait; more are refused. */
  readonly maxWaiting: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** A place at the model. Give it back when the answer is over. */
export interface Place extends Disposable {
  readonly waitedMs: number;
}

interface Waiter {
  readonly admit: () => void;
}

/** Before the first answer is over, nothing is known about their length. */
const FIRST_ESTIMATE_MS = 5_000;
const MAX_RETRY_AFTER_SECONDS = 60;
/** How much the latest answer counts for the average. */
const WEIGHT = 0.2;

/** First come, first served, in front of one model. Full: `LANGUAGE_MODEL_OVERLOADED`, with the time until there is room. */
export class ModelQueue {
  readonly #options: ModelQueueOptions;
  readonly #waiting = new Set<Waiter>();
  #running = 0;
  #averageMs = FIRST_ESTIMATE_MS;

  constructor(options: ModelQueueOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Rejects with the signal's reason when the client leaves, with `LANGUAGE_MODEL_TIMEOUT` when it takes too long. */
  async enter(signal: AbortSignal): Promise<Place> {
    signal.throwIfAborted();
    const { concurrency, maxWaiting, clock } = this.#options;
    const sinceMs = clock.nowMs();
    if (this.#running < concurrency) this.#running++;
    else if (this.#waiting.size >= maxWaiting) throw this.#overloaded();
    else await this.#wait(signal);
    const startMs = clock.nowMs();
    let isLeft = false;
    return {
      waitedMs: startMs - sinceMs,
      [Symbol.dispose]: () => {
        if (isLeft) return;
        isLeft = true;
        this.#averageMs += WEIGHT * (clock.nowMs() - startMs - this.#averageMs);
        this.#leave();
      },
    };
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#running--;
      return;
    }
    // The place goes on to the next one; the number of running requests stays.
    this.#waiting.delete(next);
    next.admit();
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { timeoutMs, clock } = this.#options;
    const settled = new AbortController();
    try {
      await new Promise<void>((resolve, reject) => {
        const waiter: Waiter = { admit: resolve };
        this.#waiting.add(waiter);
        const giveUp = (reason: unknown) => {
          // Whoever was admitted a moment ago has its place.
          if (this.#waiting.delete(waiter)) reject(reason);
        };
        signal.addEventListener('abort', () => giveUp(signal.reason), { signal: settled.signal });
        clock.delay(timeoutMs, { signal: settled.signal }).then(
          () =>
            giveUp(new LanguageModelError('LANGUAGE_MODEL_TIMEOUT', { phase: 'queue', waitedMs: timeoutMs })),
          () => undefined,
        );
      });
    } finally {
      settled.abort();
    }
  }

  #overloaded(): Error {
    const { concurrency, maxWaiting } = this.#options;
    const seconds = (this.#averageMs * (this.#waiting.size + 1)) / concurrency / 1_000;
    const details = {
      waiting: this.#waiting.size,
      limit: maxWaiting,
      retryAfterSeconds: Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(1, Math.ceil(seconds))),
    };
    return new LanguageModelError('LANGUAGE_MODEL_OVERLOADED', details);
  }
}
