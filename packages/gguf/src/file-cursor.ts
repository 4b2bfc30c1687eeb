import type { FileHandle } from 'node:fs/promises';

const WINDOW_BYTES = 1 << 20;

/** Reads little-endian values in order from a file, through a window of 1 MiB. Whoever opened the file closes it. */
export class FileCursor {
  readonly #file: FileHandle;
  readonly #limit: number;
  #window = Buffer.alloc(0);
  #start = 0;
  #offset = 0;

  /** @param limit bytes after which reading stops: no header is longer than that. */
  constructor(file: FileHandle, limit: number) {
    this.#file = file;
    this.#limit = limit;
  }

  get position(): number {
    return this.#start + this.#offset;
  }

  /** Makes the next `bytes` readable; false at the end of the file or of the limit. */
  async has(bytes: number): Promise<boolean> {
    if (this.#offset + bytes <= this.#window.length) return true;
    const position = this.position;
    if (position + bytes > this.#limit) return false;
    const window = Buffer.alloc(Math.max(WINDOW_BYTES, bytes));
    const { bytesRead } = await this.#file.read(window, 0, window.length, position);
    this.#window = window.subarray(0, bytesRead);
    this.#start = position;
    this.#offset = 0;
    return bytes <= bytesRead;
  }

  skip(bytes: number): void {
    this.#offset += bytes;
    if (this.#offset <= this.#window.length) return;
    this.#start += this.#offset;
    this.#offset = 0;
    this.#window = Buffer.alloc(0);
  }

  take<T>(bytes: number, read: (window: Buffer, offset: number) => T): T {
    const value = read(this.#window, this.#offset);
    this.#offset += bytes;
    return value;
  }
}
