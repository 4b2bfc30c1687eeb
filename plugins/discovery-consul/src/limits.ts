/** How long Consul may hold a query until something changes. */
export const WAIT_MS = 55_000;
/** Consul adds up to a sixteenth by chance, and an answer needs its time. */
export const BLOCKING_TIMEOUT_MS = WAIT_MS + WAIT_MS / 16 + 5_000;
export const ANSWER_TIMEOUT_MS = 10_000;
export const FIRST_PAUSE_MS = 1_000;
export const LONGEST_PAUSE_MS = 30_000;
/** How often a list that changes all the time is read at once. */
export const BURST = 2;
export const MAX_WATCHES = 64;
/** A service that nobody reads and nobody asks for is no longer watched. */
export const IDLE_MS = 600_000;
export const TICK_MS = 10_000;
export const RENEW_MS = 60_000;
export const WITHDRAW_TIMEOUT_MS = 2_000;
