/** Most prompt tokens that are evaluated at once. */
export const MAX_CHUNK_TOKENS = 256;
/** Fewer only where these take too long: the overhead of a call outweighs the answer it delays. */
export const MIN_CHUNK_TOKENS = 16;
export const FEWEST_CHUNK_TOKENS = 8;
/** How long one chunk should take beside other calls, whose tokens wait that long, and how long at most. */
export const CHUNK_TARGET_MS = 150;
export const CHUNK_LONGEST_MS = 190;
/** How long where nobody else waits: at first, then this part of what the prompt has taken, up to so long. */
export const LONE_CHUNK_TARGET_MS = 450;
export const LONE_CHUNK_PART = 1 / 3;
export const LONE_CHUNK_LONGEST_MS = 1_500;
/** Attention on a CPU is evaluated in tiles of so many tokens, and much more slowly for fewer. */
export const CHUNK_TILE_TOKENS = 64;
/** Parts that may wait for a reader before its answer is ended. */
export const MAX_WAITING_PARTS = 256;
/** A slot without progress for this long, or for 20 times its average step, is stuck. */
export const MIN_STUCK_MS = 10_000;
export const STUCK_FACTOR = 20;
/** Longest wait for running calls when the model is closed. */
export const CLOSE_TIMEOUT_MS = 3_000;
/** A prompt that leaves less room than this for the answer is too long. */
export const MIN_ANSWER_TOKENS = 8;
/** How answers and figures name this plugin. */
export const PROVIDER = 'llm-local';
/** Sequences of one context, as compiled into llama.cpp. */
export const MAX_SLOTS = 256;
