/**
 * Keeps the beginning and the end of a byte stream and drops what is between, so that memory does not grow with it.
 * Text is cut at whole characters.
 */
export class CappedOutput {
  readonly #head: Buffer;
  /** A ring: `#written % size` is the oldest byte once it is full. */
  readonly #tail: Buffer;
  #headBytes = 0;
  #tailBytes = 0;

  constructor(maxBytes: number) {
    this.#head = Buffer.alloc(Math.ceil(maxBytes / 2));
    this.#tail = Buffer.alloc(Math.floor(maxBytes / 2));
  }

  get isTruncated(): boolean {
    return this.#tailBytes > this.#tail.length;
  }

  write(chunk: Buffer): void {
    const taken = chunk.copy(this.#head, this.#headBytes);
    this.#headBytes += taken;
    const rest = chunk.subarray(taken);
    const kept = rest.subarray(Math.max(0, rest.length - this.#tail.length));
    this.#tailBytes += rest.length - kept.length;
    for (let done = 0; done < kept.length; ) {
      const place = this.#tailBytes % this.#tail.length;
      const copied = kept.copy(this.#tail, place, done);
      this.#tailBytes += copied;
      done += copied;
    }
  }

  toString(): string {
    const head = this.#head.subarray(0, this.#headBytes);
    if (!this.isTruncated) return Buffer.concat([head, this.#tail.subarray(0, this.#tailBytes)]).toString();
    const place = this.#tailBytes % this.#tail.length;
    const tail = Buffer.concat([this.#tail.subarray(place), this.#tail.subarray(0, place)]);
    const cutHead = head.subarray(0, endOfWhole(head));
    const cutTail = tail.subarray(startOfWhole(tail));
    const missing = this.#headBytes + this.#tailBytes - cutHead.length - cutTail.length;
    return `${cutHead}\n[... ${missing} bytes left out ...]\n${cutTail}`;
  }
}

/** Where the last character that is complete ends. */
function endOfWhole(bytes: Buffer): number {
  let start = bytes.length - 1;
  while (start > 0 && bytes.length - start < 4 && isContinuation(bytes[start])) start -= 1;
  const lead = bytes[start] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return start + length > bytes.length ? start : bytes.length;
}

function startOfWhole(bytes: Buffer): number {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start])) start += 1;
  return start;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
