import { type ChildController, childController } from '@tiercel/kernel';

type Result<T> = IteratorResult<T, undefined>;

const over = { done: true, value: undefined } as const;

/**
 * A generator that can be left, and aborted, at any moment: while it waits, and while nobody reads it. It is told through
 * the controller that it works under, and must look at that signal after each `yield`. Work begins with the first `next()`.
 */
export class LeavableStream<T> implements AsyncIterableIterator<T, undefined> {
  readonly #open: (own: ChildController) => AsyncGenerator<T, void>;
  readonly #callerSignal: AbortSignal | undefined;
  #own: ChildController | undefined;
  #source: AsyncGenerator<T, void> | undefined;
  /** The end of an aborted stream that nobody has asked for yet. */
  #end: Promise<Result<T>> | undefined;
  #reads = 0;
  #isOver = false;

  constructor(
    open: (own: ChildController) => AsyncGenerator<T, void>,
    callerSignal: AbortSignal | undefined,
  ) {
    this.#open = open;
    this.#callerSignal = callerSignal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result<T>> {
    const end = this.#end;
    this.#end = undefined;
    return end ?? (this.#isOver ? Promise.resolve(over) : this.#read());
  }

  async return(): Promise<Result<T>> {
    this.#isOver = true;
    this.#end = undefined;
    this.#own?.abort(undefined);
    await this.#source?.return();
    return over;
  }

  async #read(): Promise<Result<T>> {
    const source = this.#source ?? this.#begin();
    this.#reads++;
    try {
      const result = await source.next();
      if (!result.done) return result;
    } catch (error) {
      if (!this.#isOver) {
        this.#finish();
        throw error;
      }
    } finally {
      this.#reads--;
    }
    this.#finish();
    return over;
  }

  #begin(): AsyncGenerator<T, void> {
    this.#own = childController(this.#callerSignal);
    this.#source = this.#open(this.#own);
    // A generator that waits at a `yield` would keep what it holds until somebody reads on.
    this.#own.signal.addEventListener('abort', () => this.#wake(), { once: true });
    return this.#source;
  }

  #wake(): void {
    if (this.#isOver || this.#reads > 0) return;
    this.#end = this.#read();
    this.#end.catch(() => undefined);
  }

  #finish(): void {
    this.#isOver = true;
    this.#own?.[Symbol.dispose]();
  }
}
