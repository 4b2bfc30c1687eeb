/** Longest event of a stream, in characters; a tool call with its arguments fits many times. */
export const MAX_EVENT_CHARS = 1_048_576;
/** Longest stream. */
export const MAX_ANSWER_BYTES = 64 * 1_048_576;
/** Longest answer that is no stream: lists of models, properties, errors. */
export const MAX_DOCUMENT_BYTES = 1_048_576;
/** Tool calls in one answer. */
export const MAX_TOOL_CALLS = 128;
/** How long a finished answer waits for its usage. */
export const FINISH_TIMEOUT_MS = 2_000;
/** How long an answer that is over waits for the end of its stream, so that the connection can be used again. */
export const END_TIMEOUT_MS = 250;
/** Longest first look at the servers while the plugin starts. */
export const FIRST_LOOK_TIMEOUT_MS = 5_000;
/** Pauses between looks at a server that is away. */
export const FIRST_LOOK_PAUSE_MS = 1_000;
export const LONGEST_LOOK_PAUSE_MS = 5_000;
/** Pauses before repetitions: at random up to the first, then up to twice as long, up to the longest. */
export const FIRST_RETRY_MS = 500;
export const LONGEST_RETRY_MS = 8_000;
/** Repetitions that calls may add to each hundred calls, and how many may be saved up. */
export const RETRIES_PER_CALL = 0.2;
export const SAVED_RETRIES = 5;
