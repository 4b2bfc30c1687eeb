import { openDeadline, raceSignal } from '@tiercel/kernel';

export interface StreamReaderOptions {
  /**
   * Items that may be on their way beyond those that somebody waits for. 0 makes a stream run exactly as far as it is
   * read, as inside one process; more hides the way to and fro.
   */
  readonly ahead: number;
  /** Asks the source for this many more items. */
  request(count: number): void;
  /** Tells the source that nobody reads any more; it answers with its end. */
  leave(): void;
  /** Nothing more is expected of the source. Called once. */
  onOver(): void;
  /** Longest wait for a source that was left to close. */
  readonly leaveTimeoutMs: number;
}

interface Waiter {
  resolve(result: IteratorResult<unknown, undefined>): void;
  reject(error: unknown): void;
}

interface Failure {
  readonly error: unknown;
}

const over = { done: true, value: undefined } as const;

/** The reading end of a stream whose source is in another process. */
export class StreamReader implements AsyncIterableIterator<unknown, undefined, undefined> {
  readonly #options: StreamReaderOptions;
  readonly #items: unknown[] = [];
  readonly #waiters: Waiter[] = [];
  /** Items that were asked for and have not come. */
  #asked = 0;
  /** Nothing more comes from the source: what is left are the items, then the failure if there is one. */
  #isOver = false;
  #failure: Failure | undefined;
  #onLeft: ((failure: Failure | undefined) => void) | undefined;
  /** Set once the caller has aborted: how long an answer may take from then on. */
  #patience: { readonly ms: number; readonly giveUp: () => void } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#items.length > 0) {
      const value = this.#items.shift();
      this.#replenish();
      return Promise.resolve({ done: false, value });
    }
    if (this.#failure) {
      const { error } = this.#failure;
      this.#failure = undefined;
      return Promise.reject(error);
    }
    if (this.#isOver || this.#onLeft) return Promise.resolve(over);
    const result = new Promise<IteratorResult<unknown, undefined>>((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
    this.#replenish();
    this.#armPatience();
    return result;
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.#items.length = 0;
    this.#failure = undefined;
    if (this.#isOver || this.#onLeft) return over;
    const left = new Promise<Failure | undefined>((resolve) => {
      this.#onLeft = resolve;
    });
    for (const { resolve } of this.#waiters.splice(0)) resolve(over);
    this.#options.leave();
    using deadline = openDeadline(undefined, this.#options.leaveTimeoutMs, () => undefined);
    const failure = await raceSignal(left, deadline.signal).catch(() => undefined);
    this.#close();
    if (failure) throw failure.error;
    return over;
  }

  /** An item has come. */
  push(value: unknown): void {
    this.#asked--;
    if (this.#isOver || this.#onLeft) return;
    clearTimeout(this.#timer);
    const waiter = this.#waiters.shift();
    if (waiter) waiter.resolve({ done: false, value });
    else this.#items.push(value);
    this.#armPatience();
  }

  /** The source has no more. */
  end(): void {
    this.#onLeft?.(undefined);
    if (this.#isOver || this.#onLeft) return;
    this.#close();
    for (const { resolve } of this.#waiters.splice(0)) resolve(over);
  }

  /** The source has failed, after what it gave before; with `isSudden` also instead of what was not read yet. */
  fail(error: unknown, { isSudden = false } = {}): void {
    this.#onLeft?.(isSudden ? undefined : { error });
    if (this.#isOver || this.#onLeft) return;
    this.#close();
    if (isSudden) this.#items.length = 0;
    const [first, ...rest] = this.#waiters.splice(0);
    if (first) first.reject(error);
    else this.#failure = { error };
    for (const { resolve } of rest) resolve(over);
  }

  /** From now on each read is answered within `ms`, or `giveUp` is called. */
  limitPatience(ms: number, giveUp: () => void): void {
    if (this.#isOver) return;
    this.#patience = { ms, giveUp };
    this.#armPatience();
  }

  #armPatience(): void {
    if (!this.#patience || this.#waiters.length === 0) return;
    const { ms, giveUp } = this.#patience;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(giveUp, ms);
  }

  #replenish(): void {
    if (this.#isOver) return;
    const { ahead, request } = this.#options;
    const missing = this.#waiters.length + ahead - this.#items.length - this.#asked;
    // Half a window at a time, unless somebody would wait for it.
    if (missing <= 0 || (this.#asked >= this.#waiters.length && missing < ahead / 2)) return;
    this.#asked += missing;
    request(missing);
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#options.onOver();
  }
}
