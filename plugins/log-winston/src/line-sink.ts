import { Writable } from 'node:stream';

/** Longest backlog of a reader that is too slow; what comes on top is dropped and counted. */
const MAX_WAITING_BYTES = 1_048_576;
const LAST_FLUSH_MS = 1_000;

/**
 * Passes lines on to a stream that belongs to somebody else, such as stderr: never ends it, survives its errors, and never
 * lets more than 1 MiB wait for it.
 */
export class LineSink extends Writable implements AsyncDisposable {
  readonly #target: Writable;
  readonly #describeDropped: (count: number) => string;
  readonly #ignore = () => undefined;
  #dropped = 0;

  /** @param describeDropped the line that takes the place of `count` lost ones */
  constructor(target: Writable, describeDropped: (count: number) => string) {
    super({ decodeStrings: false });
    this.#target = target;
    this.#describeDropped = describeDropped;
    // Without a listener, a reader of our output that goes away would end the process.
    target.on('error', this.#ignore);
  }

  override _write(line: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#target.writableLength > MAX_WAITING_BYTES || !this.#target.writable) {
      this.#dropped += 1;
    } else {
      const notice = this.#dropped > 0 ? `${this.#describeDropped(this.#dropped)}\n` : '';
      this.#dropped = 0;
      this.#target.write(`${notice}${line}`);
    }
    done();
  }

  /** Waits up to a second for the stream to take the last lines. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#target.writable && (this.#target.writableLength > 0 || this.#dropped > 0)) await this.#flush();
    this.#target.off('error', this.#ignore);
    this.destroy();
  }

  #flush(): Promise<void> {
    const notice = this.#dropped > 0 ? `${this.#describeDropped(this.#dropped)}\n` : '';
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LAST_FLUSH_MS);
      this.#target.write(notice, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
