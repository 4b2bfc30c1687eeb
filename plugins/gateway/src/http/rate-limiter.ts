import type { Clock } from '@tiercel/capabilities/clock';

/** Addresses without a key are many; the one that was quiet for longest is forgotten first. */
const MAX_BUCKETS = 10_000;

interface Bucket {
  tokens: number;
  filledMs: number;
}

/** A bucket of requests per caller that fills evenly: a burst of a whole minute's worth, then one at a time. */
export class RateLimiter {
  readonly #perMinute: number;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #buckets = new Map<string, Bucket>();

  /** @param perMinute 0 lets everything pass */
  constructor(perMinute: number, clock: Pick<Clock, 'nowMs'>) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /** Takes one request of `caller`. Returns after how many seconds it may come again, or 0: it may pass. */
  take(caller: string): number {
    if (this.#perMinute === 0) return 0;
    const nowMs = this.#clock.nowMs();
    const bucket = this.#buckets.get(caller) ?? { tokens: this.#perMinute, filledMs: nowMs };
    const tokensPerMs = this.#perMinute / 60_000;
    bucket.tokens = Math.min(this.#perMinute, bucket.tokens + (nowMs - bucket.filledMs) * tokensPerMs);
    bucket.filledMs = nowMs;
    this.#keep(caller, bucket);
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / tokensPerMs / 1_000));
    bucket.tokens -= 1;
    return 0;
  }

  #keep(caller: string, bucket: Bucket): void {
    this.#buckets.delete(caller);
    this.#buckets.set(caller, bucket);
    if (this.#buckets.size <= MAX_BUCKETS) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
