import type { Clock } from '@tiercel/capabilities/clock';

export interface TokenBucketOptions {
  /** How many may be taken at once. */
  readonly burst: number;
  readonly refillMs: number;
  readonly clock: Pick<Clock, 'nowMs' | 'delay'>;
}

/** Lets a few through at once, and then one at a time. For one taker. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledAtMs: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAtMs = options.clock.nowMs();
  }

  /** Waits for a token. Rejects with the reason of `signal`. */
  async take(signal: AbortSignal): Promise<void> {
    const { refillMs, clock } = this.#options;
    while (true) {
      this.#fill();
      if (this.#tokens >= 1) break;
      await clock.delay(this.#filledAtMs + refillMs - clock.nowMs(), { signal });
    }
    this.#tokens--;
  }

  #fill(): void {
    const { burst, refillMs, clock } = this.#options;
    const grown = Math.floor((clock.nowMs() - this.#filledAtMs) / refillMs);
    if (grown > 0) {
      this.#tokens = Math.min(burst, this.#tokens + grown);
      this.#filledAtMs += grown * refillMs;
    }
    // A full bucket does not save up: the next refill counts from when it is no longer full.
    if (this.#tokens === burst) this.#filledAtMs = clock.nowMs();
  }
}
