import { RETRIES_PER_CALL, SAVED_RETRIES } from './limits.js';

/** Keeps repetitions a small share of all calls, so that a server in trouble does not get three times its load. */
export class RetryBudget {
  #saved = SAVED_RETRIES;

  /** A call has begun. */
  earn(): void {
    this.#saved = Math.min(SAVED_RETRIES, this.#saved + RETRIES_PER_CALL);
  }

  /** Whether one more repetition may be made; it is then counted. */
  spend(): boolean {
    // A fifth five times is a little less than one.
    if (this.#saved < 1 - 1e-9) return false;
    this.#saved--;
    return true;
  }
}
