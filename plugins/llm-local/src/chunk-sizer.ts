import { CHUNK_TARGET_MS, MAX_CHUNK_TOKENS, MIN_CHUNK_TOKENS } from './limits.js';

const FIRST_CHUNK_TOKENS = 64;

/** Finds how many prompt tokens take about 150 ms on this machine. */
export class ChunkSizer {
  #size = FIRST_CHUNK_TOKENS;

  get size(): number {
    return this.#size;
  }

  /** Tells how long the last chunk took. Short tails say little, so they do not count. */
  measured(tokens: number, elapsedMs: number): void {
    if (tokens < MIN_CHUNK_TOKENS) return;
    const fitting = Math.floor((tokens / Math.max(elapsedMs, 0.1)) * CHUNK_TARGET_MS);
    // At most double at once: one lucky chunk must not make the next one a second long.
    const next = Math.min(fitting, this.#size * 2);
    this.#size = Math.min(MAX_CHUNK_TOKENS, Math.max(MIN_CHUNK_TOKENS, next));
  }
}
