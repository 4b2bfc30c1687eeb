/** Random decisions as one value, so that a whole deployment shrinks with it. */
import fc from 'fast-check';

/** Decisions drawn from a row of bytes. Smaller bytes make simpler things, and so do missing ones. */
export class Choices {
  readonly #bytes: Uint8Array;
  #next = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  [fc.toStringMethod](): string {
    return `bytes ${this.#bytes.join(' ').replace(/( 0)+$/, '')}`;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return (this.#bytes[this.#next++] ?? 0) % limit;
  }

  /** True in one of `times` cases. */
  oneIn(times: number): boolean {
    return this.below(times) === times - 1;
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('There is nothing to pick from.');
    return from[this.below(from.length)] as T;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.flatMap(() => left.splice(this.below(left.length), 1));
  }

  /** At most `most` different items, in any order. */
  some<T>(from: readonly T[], most = from.length): T[] {
    const left = [...from];
    const count = this.below(Math.min(most, left.length) + 1);
    return Array.from({ length: count }, () => left.splice(this.below(left.length), 1)).flat();
  }
}

/** As many decisions as `count` bytes make. */
export const choices = (count: number): fc.Arbitrary<Choices> =>
  fc.uint8Array({ minLength: count, maxLength: count }).map((bytes) => new Choices(bytes));
