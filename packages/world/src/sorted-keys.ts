const BLOCK = 512;

/** A sorted set of strings in blocks: additions stay cheap, and neighbours are read in order without sorting. */
export class SortedKeys {
  #blocks: string[][] = [];

  add(key: string): void {
    const index = this.#blockOf(key);
    const block = this.#blocks[index];
    if (!block) {
      this.#blocks.push([key]);
      return;
    }
    const place = lowerBound(block, key);
    if (block[place] === key) return;
    block.splice(place, 0, key);
    if (block.length > BLOCK) this.#blocks.splice(index + 1, 0, block.splice(BLOCK / 2));
  }

  delete(key: string): void {
    const index = this.#blockOf(key);
    const block = this.#blocks[index];
    if (!block) return;
    const place = lowerBound(block, key);
    if (block[place] !== key) return;
    block.splice(place, 1);
    if (block.length === 0) this.#blocks.splice(index, 1);
  }

  clear(): void {
    this.#blocks = [];
  }

  /** Keys from `first` (included) to `end` (not included), in order. */
  *range(first: string, end: string): Generator<string> {
    for (let index = this.#blockOf(first); index < this.#blocks.length; index++) {
      const block = this.#blocks[index] ?? [];
      for (let place = lowerBound(block, first); place < block.length; place++) {
        const key = block[place];
        if (key === undefined || key >= end) return;
        yield key;
      }
    }
  }

  *[Symbol.iterator](): Generator<string> {
    for (const block of this.#blocks) yield* block;
  }

  /** Index of the block that holds `key` or would take it. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = this.#blocks[middle]?.at(-1);
      if (last !== undefined && last < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function lowerBound(block: readonly string[], key: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = block[middle];
    if (candidate !== undefined && candidate < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
