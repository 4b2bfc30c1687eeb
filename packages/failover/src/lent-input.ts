type Result = IteratorResult<unknown>;

const over: Result = { done: true, value: undefined };

/**
 * The stream of a caller, lent to one provider after the other until one of them has got an item. What a provider had
 * asked for and not yet got goes to the next one, which thus reads the stream from its beginning.
 */
export class LentInput {
  readonly #source: AsyncIterable<unknown>;
  #iterator: AsyncIterator<unknown> | undefined;
  /** Everything asked for before the first item was given: what the next provider gets first. */
  readonly #asked: Promise<Result>[] = [];
  #borrower: symbol | undefined;
  #hasGiven = false;
  #hasFailed = false;
  #isSettled = false;
  /** The present borrower wants no more of it. */
  #isLeft = false;

  constructor(source: AsyncIterable<unknown>) {
    this.#source = source;
  }

  /** Whether nobody has got any of it, so that another provider would get all. */
  get isWhole(): boolean {
    return !this.#hasGiven;
  }

  /** Whether it threw, which is no fault of its reader. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** For the next provider; who had it before gets no more. */
  lend(): AsyncIterable<unknown> {
    const borrower = Symbol('borrower');
    this.#borrower = borrower;
    this.#isLeft = false;
    let position = 0;
    const iterator: AsyncIterator<unknown> = {
      next: () => {
        if (this.#borrower !== borrower) return Promise.resolve(over);
        const asked = this.#asked[position++];
        if (asked) return this.#give(asked, borrower);
        if (!this.isWhole || this.#isSettled) return this.#open().next();
        const result = this.#open().next();
        this.#asked.push(result);
        return this.#give(result, borrower);
      },
      return: async (value) => {
        if (this.#borrower !== borrower) return over;
        if (this.isWhole && !this.#isSettled) this.#isLeft = true;
        else await this.#close();
        return { done: true, value };
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  /** It stays with its present borrower. If that one has left it, so do we. */
  settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    if (this.#isLeft) this.#close().catch(() => undefined);
  }

  async #give(result: Promise<Result>, borrower: symbol): Promise<Result> {
    try {
      const given = await result;
      if (this.#borrower !== borrower) return over;
      if (!given.done) this.#hasGiven = true;
      return given;
    } catch (error) {
      if (this.#borrower !== borrower) return over;
      this.#hasFailed = true;
      throw error;
    }
  }

  async #close(): Promise<void> {
    await this.#open().return?.();
  }

  #open(): AsyncIterator<unknown> {
    this.#iterator ??= this.#source[Symbol.asyncIterator]();
    return this.#iterator;
  }
}
