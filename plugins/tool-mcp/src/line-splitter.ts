/** What became of a piece of a stream. */
export type Line =
  | { readonly type: 'line'; readonly text: string }
  /** A line that was longer than allowed has begun; the rest of it is dropped as it comes. */
  | { readonly type: 'line-too-long' };

const NEWLINE = 0x0a;
const SMALLEST = 16_384;
const LARGEST_KEPT = 1_048_576;

/** Splits a stream of bytes into lines of at most `maxBytes`, and holds no more than one of them, in however small pieces. */
export class LineSplitter {
  readonly #maxBytes: number;
  #buffer = Buffer.alloc(SMALLEST);
  #bytes = 0;
  #isDropping = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *push(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield* this.#add(chunk.subarray(start, end));
      const isWhole = !this.#isDropping;
      const text = isWhole ? this.#buffer.toString('utf8', 0, this.#bytes) : '';
      this.#isDropping = false;
      this.#clear();
      start = end + 1;
      if (isWhole) yield { type: 'line', text };
    }
    yield* this.#add(chunk.subarray(start));
  }

  *#add(piece: Buffer): Generator<Line> {
    if (this.#isDropping) return;
    const bytes = this.#bytes + piece.length;
    if (bytes > this.#maxBytes) {
      this.#isDropping = true;
      this.#clear();
      yield { type: 'line-too-long' };
      return;
    }
    if (bytes > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(bytes, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.#bytes);
      this.#buffer = larger;
    }
    piece.copy(this.#buffer, this.#bytes);
    this.#bytes = bytes;
  }

  #clear(): void {
    this.#bytes = 0;
    if (this.#buffer.length > LARGEST_KEPT) this.#buffer = Buffer.alloc(SMALLEST);
  }
}
