/** Sound cards run up to this much slower or faster than the clock of the machine. */
const MAX_DRIFT = 1e-4;

/**
 * Times samples by when their blocks arrive. Pipes and busy machines deliver late and in bursts, never early, so the
 * least delayed block so far says when the stream began. Times never run backwards.
 */
export class ArrivalClock {
  readonly #sampleRateHz: number;
  #received = 0;
  #beginMs: number | undefined;
  #latestMs = Number.NEGATIVE_INFINITY;

  constructor(sampleRateHz: number) {
    this.#sampleRateHz = sampleRateHz;
  }

  /** A block has just arrived. */
  push(samples: number, nowMs: number): void {
    this.#received += samples;
    const beginMs = nowMs - (this.#received * 1000) / this.#sampleRateHz;
    const driftMs = ((samples * 1000) / this.#sampleRateHz) * MAX_DRIFT;
    this.#beginMs = Math.min(beginMs, (this.#beginMs ?? beginMs) + driftMs);
  }

  /** When the sample at `position` was heard, or just after the one asked for before. */
  timeOf(position: number): number {
    const timeMs = (this.#beginMs ?? 0) + (position * 1000) / this.#sampleRateHz;
    this.#latestMs = Math.max(this.#latestMs, timeMs);
    return this.#latestMs;
  }
}
