import type { Members } from './candidates.js';
import type { Turn, Turns } from './turns.js';

type Result = IteratorResult<unknown>;

const over: Result = { done: true, value: undefined };

/** A stream that begins when it is first read, and belongs to the first provider that gives an item or an end. */
export class StartedStream implements AsyncIterableIterator<unknown> {
  readonly #begin: () => Turns;
  readonly #open: (provider: Members) => AsyncIterator<unknown>;
  /** The first result; reads that come too early wait for it. */
  #start: Promise<Result> | undefined;
  #turn: Turn | undefined;
  /** Of the provider that is being asked, or has answered. */
  #stream: AsyncIterator<unknown> | undefined;
  #hasStarted = false;
  #isOver = false;

  constructor(begin: () => Turns, open: (provider: Members) => AsyncIterator<unknown>) {
    this.#begin = begin;
    this.#open = open;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#hasStarted && this.#stream) return this.#stream.next();
    if (this.#isOver) return Promise.resolve(over);
    if (this.#start)
      return this.#start.then(
        () => this.next(),
        () => over,
      );
    this.#start = this.#ask();
    return this.#start;
  }

  /** Also while the first result is awaited: who is being asked is left, and nobody else is asked. */
  async return(value?: unknown): Promise<Result> {
    this.#isOver = true;
    this.#turn?.release();
    return (await this.#stream?.return?.(value)) ?? { done: true, value };
  }

  async #ask(): Promise<Result> {
    const turns = this.#begin();
    while (true) {
      const turn = turns.next();
      this.#turn = turn;
      try {
        this.#stream = this.#open(turn.provider);
        const first = await this.#stream.next();
        this.#hasStarted = true;
        turn.succeed();
        return first;
      } catch (error) {
        if (this.#isOver) return over;
        turn.fail(error);
      }
    }
  }
}
