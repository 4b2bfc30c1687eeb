/** Most prompt tokens that are evaluated at once. */
export const MAX_CHUNK_TOKENS = 256;
/** Fewest: below this the overhead of a call outweighs the answer it delays. */
export const MIN_CHUNK_TOKENS = 32;
/** How long one chunk should take: an abort and the tokens of other calls wait that long at most. */
export const CHUNK_TARGET_MS = 150;
/** Parts that may wait for a reader before its answer is ended. */
export const MAX_WAITING_PARTS = 256;
/** A slot without progress for this long, or for 20 times its average step, is stuck. */
export const MIN_STUCK_MS = 10_000;
export const STUCK_FACTOR = 20;
/** Longest wait for running calls when the model is closed. */
export const CLOSE_TIMEOUT_MS = 3_000;
/** A prompt that leaves less room than this for the answer is too long. */
export const MIN_ANSWER_TOKENS = 8;
