import type { Clock } from '@tiercel/capabilities/clock';
import { childController, raceSignal } from '@tiercel/kernel';

export interface SerialLaneOptions {
  readonly clock: Clock;
  /** Most jobs that wait while one runs. */
  readonly limit: number;
  /** Longest time from `run` to its result, waiting included. */
  readonly timeoutMs: number;
  /** Error for a job that finds the lane full. */
  overloaded(waiting: number): Error;
  /** Error for a job whose time is up. */
  late(waitedMs: number): Error;
}

/**
 * Runs one native call at a time, in order. Native calls cannot be stopped, so an aborted or late job that has begun is
 * abandoned: its caller gets the error at once, its result is dropped, and the lane stays busy until the call returns.
 */
export class SerialLane {
  readonly #options: SerialLaneOptions;
  readonly #waiting = new Set<() => void>();
  #running: Promise<unknown> | undefined;

  constructor(options: SerialLaneOptions) {
    this.#options = options;
  }

  /** Jobs that wait; the one that runs is not counted. */
  get waiting(): number {
    return this.#waiting.size;
  }

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  async run<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { clock, limit, timeoutMs, overloaded, late } = this.#options;
    signal?.throwIfAborted();
    if (this.#running && this.#waiting.size >= limit) throw overloaded(this.#waiting.size);
    const timer = new AbortController();
    using giveUp = childController(signal);
    const watch = clock.delay(timeoutMs, { signal: timer.signal }).then(
      () => giveUp.abort(late(timeoutMs)),
      () => undefined,
    );
    try {
      if (this.#running) await this.#turn(giveUp.signal);
      return await this.#hold(job, giveUp.signal);
    } finally {
      timer.abort();
      await watch;
    }
  }

  /** Resolves once no job runs or waits. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #turn(signal: AbortSignal): Promise<void> {
    let enter: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => {
      enter = resolve;
    });
    this.#waiting.add(enter);
    try {
      await raceSignal(turn, signal);
    } catch (error) {
      // The turn may have come in the same moment: then it passes to the next in line.
      if (!this.#waiting.delete(enter)) this.#next();
      throw error;
    }
  }

  async #hold<T>(job: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (signal.aborted) {
      this.#next();
      throw signal.reason;
    }
    const work = (async () => job())();
    const ended = work.then(
      () => undefined,
      () => undefined,
    );
    this.#running = ended;
    void ended.then(() => this.#next());
    return raceSignal(work, signal);
  }

  #next(): void {
    this.#running = undefined;
    for (const enter of this.#waiting) {
      this.#waiting.delete(enter);
      // Holds the lane for whoever enters: a job that comes in between must queue.
      this.#running = Promise.resolve();
      enter();
      return;
    }
  }
}
