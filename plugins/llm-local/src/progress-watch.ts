import { MIN_STUCK_MS, STUCK_FACTOR } from './limits.js';

/** Notices that a call stopped advancing: no token and no chunk for 10 s, or for 20 times its average step if that is longer. */
export class ProgressWatch {
  readonly #onStuck: (waitedMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #steps = 0;
  #totalMs = 0;
  #lastMs = performance.now();

  constructor(onStuck: (waitedMs: number) => void) {
    this.#onStuck = onStuck;
    this.#arm();
  }

  /** A token or a chunk is done. */
  advance(): void {
    const nowMs = performance.now();
    this.#steps++;
    this.#totalMs += nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const averageMs = this.#steps === 0 ? 0 : this.#totalMs / this.#steps;
    const waitMs = Math.round(Math.max(MIN_STUCK_MS, STUCK_FACTOR * averageMs));
    this.#timer = setTimeout(() => this.#onStuck(waitMs), waitMs);
    this.#timer.unref();
  }
}
