import type { Clock } from '@tiercel/capabilities/clock';

/** Stages of a call that may each take only so long. */
export type CallPhase = 'connect' | 'headers' | 'first content' | 'idle' | 'finish';

/**
 * Watches how long a call stays in one phase. Events only note the time, so that a fast stream does not set a timer for
 * each token.
 */
export class PhaseTimer implements Disposable {
  readonly #clock: Clock;
  readonly #onExpired: (phase: CallPhase, waitedMs: number) => void;
  #wait: AbortController | undefined;
  #sinceMs = 0;
  #isHeld = false;

  constructor(clock: Clock, onExpired: (phase: CallPhase, waitedMs: number) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  enter(phase: CallPhase, limitMs: number): void {
    this[Symbol.dispose]();
    this.progress();
    const wait = new AbortController();
    this.#wait = wait;
    void this.#watch(phase, limitMs, wait.signal);
  }

  /** The phase begins anew. */
  progress(): void {
    this.#isHeld = false;
    this.#sinceMs = this.#clock.nowMs();
  }

  /** Until the next progress it is not the server that is waited for. */
  hold(): void {
    this.#isHeld = true;
  }

  [Symbol.dispose](): void {
    this.#wait?.abort();
    this.#wait = undefined;
  }

  async #watch(phase: CallPhase, limitMs: number, signal: AbortSignal): Promise<void> {
    while (true) {
      const leftMs = this.#sinceMs + limitMs - this.#clock.nowMs();
      if (leftMs <= 0 && !this.#isHeld) return this.#onExpired(phase, limitMs);
      try {
        await this.#clock.delay(leftMs > 0 ? leftMs : limitMs, { signal });
      } catch {
        return;
      }
    }
  }
}
