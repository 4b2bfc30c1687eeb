const MIN_PAUSE_MS = 300;
const MAX_PAUSE_MS = 1_200;
const FACTOR = 1.5;
/** Weight of what was learned before. */
const MEMORY = 0.9;

/** Learns how long this speaker pauses inside a turn. */
export class PauseTracker {
  #averageMs: number;

  /** @param firstPauseMs the pause that ends a turn before anything was learned */
  constructor(firstPauseMs: number) {
    this.#averageMs = firstPauseMs / FACTOR;
  }

  /** The silence after which this speaker has probably finished. */
  get pauseMs(): number {
    return Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, FACTOR * this.#averageMs));
  }

  /** The speaker was silent for so long and then went on. */
  observe(pauseMs: number): void {
    this.#averageMs = MEMORY * this.#averageMs + (1 - MEMORY) * pauseMs;
  }
}
