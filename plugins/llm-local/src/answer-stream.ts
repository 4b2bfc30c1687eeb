import { Channel } from '@tiercel/audio';
import { LanguageModelError, type LanguageModelEvent } from '@tiercel/capabilities/language-model';
import { MAX_WAITING_PARTS } from './limits.js';

/** The writing side of one answer. */
export interface AnswerOutput {
  /** Aborts when the caller aborts or leaves, and when the answer is ended from here. */
  readonly signal: AbortSignal;
  write(event: LanguageModelEvent): void;
  /** Ends the answer at once with an error, whatever still runs. */
  fail(error: unknown): void;
}

/**
 * One answer on its way to its caller. Work starts with the first `next()`; an abort settles the caller at once, while
 * the work finds out through its own signal and ends when it can.
 */
export class AnswerStream implements AsyncIterableIterator<LanguageModelEvent> {
  readonly #run: (output: AnswerOutput) => Promise<void>;
  readonly #callerSignal: AbortSignal | undefined;
  readonly #controller = new AbortController();
  readonly #parts: Channel<LanguageModelEvent>;
  readonly #reader: AsyncIterator<LanguageModelEvent, undefined>;
  readonly #onCallerAbort = () => this.#controller.abort(this.#callerSignal?.reason);
  #isStarted = false;

  constructor(run: (output: AnswerOutput) => Promise<void>, callerSignal: AbortSignal | undefined) {
    this.#run = run;
    this.#callerSignal = callerSignal;
    // `usage` and `end` always fit: only text can make a reader late.
    this.#parts = new Channel({
      policy: 'fail',
      capacity: MAX_WAITING_PARTS + 2,
      signal: this.#controller.signal,
    });
    this.#reader = this.#parts[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<LanguageModelEvent, undefined>> {
    this.#start();
    return this.#reader.next();
  }

  async return(): Promise<IteratorResult<LanguageModelEvent, undefined>> {
    this.#isStarted = true;
    this.#callerSignal?.removeEventListener('abort', this.#onCallerAbort);
    await this.#reader.return?.();
    this.#controller.abort();
    return { done: true, value: undefined };
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    if (this.#callerSignal?.aborted) {
      this.#onCallerAbort();
      return;
    }
    this.#callerSignal?.addEventListener('abort', this.#onCallerAbort, { once: true });
    const output: AnswerOutput = {
      signal: this.#controller.signal,
      write: (event) => this.#write(event),
      fail: (error) => this.#controller.abort(error),
    };
    void this.#run(output)
      .then(
        () => this.#parts.close(),
        (error: unknown) => this.#parts.fail(error),
      )
      .finally(() => this.#callerSignal?.removeEventListener('abort', this.#onCallerAbort));
  }

  #write(event: LanguageModelEvent): void {
    if (event.type === 'text-delta' && this.#parts.count >= MAX_WAITING_PARTS) {
      this.#controller.abort(
        new LanguageModelError('LANGUAGE_MODEL_SLOW_CONSUMER', { parts: this.#parts.count }),
      );
    } else {
      this.#parts.tryPush(event);
    }
  }
}
