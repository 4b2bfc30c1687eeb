import {
  CHUNK_LONGEST_MS,
  CHUNK_TARGET_MS,
  CHUNK_TILE_TOKENS,
  FEWEST_CHUNK_TOKENS,
  LONE_CHUNK_LONGEST_MS,
  LONE_CHUNK_PART,
  LONE_CHUNK_TARGET_MS,
  MAX_CHUNK_TOKENS,
  MIN_CHUNK_TOKENS,
} from './limits.js';

export interface ChunkCircumstances {
  /** Nobody else evaluates or generates, so that only an abort would have to wait. */
  readonly isAlone: boolean;
  /** How long this prompt has been evaluated so far. */
  readonly elapsedMs: number;
}

/**
 * Finds how many prompt tokens take as long on this machine as one chunk should: 150 ms beside others, at most 190 ms. Small
 * chunks take more time per token, so a prompt that disturbs nobody may take longer ones, the longer it takes anyway.
 */
export class ChunkSizer {
  #msPerToken = 0;
  #lastTokens = MIN_CHUNK_TOKENS / 2;

  size(circumstances: ChunkCircumstances): number {
    const fitting = Math.floor(targetMs(circumstances) / this.#msPerToken);
    // At most double at once: one lucky chunk must not make the next one a second long.
    const tokens = Math.min(
      MAX_CHUNK_TOKENS,
      Math.max(MIN_CHUNK_TOKENS, Math.min(fitting, this.#lastTokens * 2)),
    );
    if (tokens >= CHUNK_TILE_TOKENS) return tokens - (tokens % CHUNK_TILE_TOKENS);
    if (circumstances.isAlone) return tokens;
    const bearable = Math.floor(CHUNK_LONGEST_MS / this.#msPerToken);
    return Math.max(FEWEST_CHUNK_TOKENS, Math.min(tokens, bearable));
  }

  /** Tells how long the last chunk took. Short tails say little, so they do not count. */
  measured(tokens: number, elapsedMs: number): void {
    if (tokens < FEWEST_CHUNK_TOKENS) return;
    this.#msPerToken = elapsedMs / tokens;
    this.#lastTokens = tokens;
  }
}

function targetMs({ isAlone, elapsedMs }: ChunkCircumstances): number {
  if (!isAlone) return CHUNK_TARGET_MS;
  return Math.min(LONE_CHUNK_LONGEST_MS, Math.max(LONE_CHUNK_TARGET_MS, elapsedMs * LONE_CHUNK_PART));
}
