import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import { type ChildController, childController, isTiercelError, raceSignal } from '@tiercel/kernel';
import { AssistantError } from './errors.js';
import { TurnAbort } from './turn-abort.js';

/** A stage that was aborted has this long to settle before the log names it and the loop goes on without it. */
export const SETTLE_MS = 5_000;

export interface StageOptions {
  /** Appears in errors and in the log. */
  readonly stage: string;
  readonly signal: AbortSignal;
  /** Longest time without progress; then the stage fails. Without it, the stage may wait as long as its signal lets it. */
  readonly timeoutMs?: number;
  /** What it fails with then; `ASSISTANT_STAGE_TIMEOUT` unless given. */
  readonly timeoutError?: (waitedMs: number) => Error;
}

/** Runs the asynchronous parts of turns: each wait races its signal and has a deadline, and nothing is left unwatched. */
export class Stages {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #leftovers = new Set<Promise<void>>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Calls `work` with a signal that aborts with `signal` and at the deadline. */
  async run<T>(options: StageOptions, work: (signal: AbortSignal) => PromiseLike<T>): Promise<T> {
    options.signal.throwIfAborted();
    using controller = childController(options.signal);
    using deadline = this.#startDeadline(options, controller);
    let working: PromiseLike<T> | undefined;
    try {
      working = work(controller.signal);
      return await raceSignal(working, controller.signal);
    } catch (error) {
      if (working && controller.signal.aborted) this.watch(options.stage, working);
      throw this.#explain(options.stage, error, deadline.error);
    }
  }

  /** Reads a stream to its end; the deadline starts anew with each item. Leaving early closes the stream. */
  async *read<T>(
    options: StageOptions,
    open: (signal: AbortSignal) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    options.signal.throwIfAborted();
    using controller = childController(options.signal);
    using deadline = this.#startDeadline(options, controller);
    let iterator: AsyncIterator<T> | undefined;
    let pending: Promise<IteratorResult<T>> | undefined;
    let isOver = false;
    try {
      iterator = open(controller.signal)[Symbol.asyncIterator]();
      for (;;) {
        pending = iterator.next();
        const result = await raceSignal(pending, controller.signal);
        pending = undefined;
        if (result.done) {
          isOver = true;
          return;
        }
        deadline.pause();
        yield result.value;
        deadline.restart();
      }
    } catch (error) {
      isOver = !controller.signal.aborted;
      throw this.#explain(options.stage, error, deadline.error);
    } finally {
      if (!isOver && iterator) {
        controller.abort(new TurnAbort('superseded'));
        this.watch(options.stage, Promise.all([pending, iterator.return?.()]));
      }
    }
  }

  /** Keeps an eye on work that was given up: the log names it if it does not settle. */
  watch(stage: string, work: PromiseLike<unknown>): void {
    const leftover = this.#settle(stage, work).finally(() => this.#leftovers.delete(leftover));
    this.#leftovers.add(leftover);
  }

  /** Settles when no work is left over, at most `SETTLE_MS` after the last of it was given up. */
  async settled(): Promise<void> {
    while (this.#leftovers.size > 0) await Promise.all(this.#leftovers);
  }

  async #settle(stage: string, work: PromiseLike<unknown>): Promise<void> {
    const timer = new AbortController();
    const done = Promise.resolve(work).then(
      () => true,
      () => true,
    );
    const late = this.#clock.delay(SETTLE_MS, { signal: timer.signal }).then(
      () => false,
      () => true,
    );
    const isSettled = await Promise.race([done, late]);
    timer.abort(new TurnAbort('superseded'));
    if (!isSettled) this.#log.warn('stage did not stop', { stage, waitedMs: SETTLE_MS });
  }

  #startDeadline(options: StageOptions, controller: ChildController): Deadline {
    return new Deadline(this.#clock, options, controller);
  }

  #explain(stage: string, error: unknown, timeout: unknown): unknown {
    if (timeout !== undefined && error === timeout) return error;
    if (error instanceof TurnAbort || isTiercelError(error)) return error;
    return new AssistantError('ASSISTANT_STAGE_FAILED', { stage }, { cause: error });
  }
}

/** Aborts `controller` when nothing has happened for `timeoutMs`. One timer serves all restarts. */
class Deadline implements Disposable {
  readonly #clock: Clock;
  readonly #options: StageOptions;
  readonly #controller: ChildController;
  readonly #timer = new AbortController();
  #dueMs = Number.POSITIVE_INFINITY;
  error: unknown;

  constructor(clock: Clock, options: StageOptions, controller: ChildController) {
    const { timeoutMs } = options;
    this.#clock = clock;
    this.#options = options;
    this.#controller = controller;
    this.restart();
    if (timeoutMs !== undefined) void this.#run(timeoutMs);
  }

  /** The other side is at work: time does not count until `restart`. */
  pause(): void {
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  restart(): void {
    this.#dueMs = this.#clock.nowMs() + (this.#options.timeoutMs ?? Number.POSITIVE_INFINITY);
  }

  async #run(timeoutMs: number): Promise<void> {
    const { stage, timeoutError } = this.#options;
    const { signal } = this.#timer;
    for (;;) {
      const leftMs = Math.min(this.#dueMs - this.#clock.nowMs(), timeoutMs);
      if (leftMs <= 0) break;
      try {
        await this.#clock.delay(leftMs, { signal });
      } catch {
        return;
      }
    }
    this.error =
      timeoutError?.(timeoutMs) ??
      new AssistantError('ASSISTANT_STAGE_TIMEOUT', { stage, waitedMs: timeoutMs });
    this.#controller.abort(this.error);
  }

  [Symbol.dispose](): void {
    this.#timer.abort(new TurnAbort('superseded'));
  }
}
