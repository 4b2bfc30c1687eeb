export interface StreamSourceOptions {
  readonly iterable: AsyncIterable<unknown>;
  /** May throw for an item that cannot be sent. */
  item(value: unknown): void;
  end(): void;
  failure(error: unknown): void;
}

/** The giving end of a stream: reads an iterable exactly as far as the other side has asked for. */
export class StreamSource {
  readonly #options: StreamSourceOptions;
  #iterator: AsyncIterator<unknown> | undefined;
  #credit = 0;
  #isReading = false;
  #isClosed = false;

  constructor(options: StreamSourceOptions) {
    this.#options = options;
  }

  credit(count: number): void {
    this.#credit += count;
    if (!this.#isReading && !this.#isClosed) void this.#read();
  }

  /** The reader has left: closes the iterable and says when that is done. */
  async leave(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#iterator ??= this.#options.iterable[Symbol.asyncIterator]();
      await this.#iterator.return?.();
      this.#options.end();
    } catch (error) {
      this.#options.failure(error);
    }
  }

  /** Nobody will read any more: closes what was begun, and says nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closeIterator();
  }

  async #read(): Promise<void> {
    const { iterable, item, end, failure } = this.#options;
    this.#isReading = true;
    try {
      this.#iterator ??= iterable[Symbol.asyncIterator]();
      while (this.#credit > 0 && !this.#isClosed) {
        const { done, value } = await this.#iterator.next();
        if (this.#isClosed) return;
        if (done) {
          this.#isClosed = true;
          end();
          return;
        }
        this.#credit--;
        try {
          item(value);
        } catch (error) {
          this.#closeIterator();
          throw error;
        }
      }
    } catch (error) {
      if (this.#isClosed) return;
      this.#isClosed = true;
      failure(error);
    } finally {
      this.#isReading = false;
    }
  }

  /** What closing throws, or that it never ends, is nobody's business any more. */
  #closeIterator(): void {
    try {
      Promise.resolve(this.#iterator?.return?.()).catch(() => undefined);
    } catch {
      // As above.
    }
  }
}
