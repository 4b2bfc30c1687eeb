import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const WINDOW_MS = 10_000;
const LATE_MS = 1_000;

/** Watches whether the event loop turns, by how late its timers were in the last 10 to 20 s. */
export class LoopWatch implements Disposable {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer = setInterval(() => this.#turnWindow(), WINDOW_MS).unref();
  #earlierMs = 0;

  constructor() {
    this.#delay.enable();
  }

  /** Whether there is anything to go by yet. */
  get isWatching(): boolean {
    return this.#delay.count > 0;
  }

  get isTurning(): boolean {
    return Math.max(this.#earlierMs, this.#latestMs) < LATE_MS;
  }

  /** 99 of 100 timers were not later than this. */
  get #latestMs(): number {
    return this.#delay.count === 0 ? 0 : this.#delay.percentile(99) / 1e6 - RESOLUTION_MS;
  }

  #turnWindow(): void {
    this.#earlierMs = this.#latestMs;
    this.#delay.reset();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }
}
