import type { Clock } from '@tiercel/capabilities/clock';

/** The wall clock may jump, so nobody waits longer than this before looking at it again. */
const LONGEST_WAIT_MS = 60_000;
/** Ends that could not be made are tried again after this. */
const RETRY_MS = 5_000;

interface Wait {
  readonly atMs: number;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

/** One timer, for the entry that ends first. */
export class EndTimer {
  readonly #clock: Clock;
  readonly #onEnd: () => Promise<boolean>;
  #isClosed = false;
  #notBeforeMs = 0;
  #wait: Wait | undefined;

  /** `onEnd` returns whether the entries that ended were forgotten, and then says by `wait` when it goes on. */
  constructor(clock: Clock, onEnd: () => Promise<boolean>) {
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  /** Calls back at `atMs` (since 1970), if nobody asked for an earlier time. */
  wait(atMs: number | undefined): void {
    if (atMs === undefined || this.#isClosed) return;
    if (this.#wait && this.#wait.atMs <= atMs) return;
    this.#wait?.controller.abort();
    const controller = new AbortController();
    const fromNowMs = Math.max(atMs - this.#clock.epochMs(), this.#notBeforeMs - this.#clock.nowMs(), 1);
    const done = this.#clock.delay(Math.min(fromNowMs, LONGEST_WAIT_MS), { signal: controller.signal }).then(
      () => this.#end(atMs),
      // Only its own abort rejects it: an earlier end came up, or the store closes.
      () => undefined,
    );
    this.#wait = { atMs, controller, done };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wait?.controller.abort();
    await this.#wait?.done;
  }

  async #end(atMs: number): Promise<void> {
    this.#wait = undefined;
    if (await this.#onEnd()) return;
    this.#notBeforeMs = this.#clock.nowMs() + RETRY_MS;
    this.wait(atMs);
  }
}
