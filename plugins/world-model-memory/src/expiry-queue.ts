export interface Expiry {
  readonly key: string;
  /** The entry's revision when its end was set; a newer one makes this void. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** Ends of entries, earliest first (binary heap). Void ones stay until they come up or `keep` sorts them out. */
export class ExpiryQueue {
  #heap: Expiry[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get first(): Expiry | undefined {
    return this.#heap[0];
  }

  add(expiry: Expiry): void {
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const above = (place - 1) >>> 1;
      const parent = heap[above];
      if (!parent || parent.atMs <= expiry.atMs) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = expiry;
  }

  removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const child = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      const candidate = heap[child];
      if (!candidate || candidate.atMs >= last.atMs) break;
      heap[place] = candidate;
      place = child;
    }
    heap[place] = last;
  }

  /** Drops what `isValid` refuses. */
  keep(isValid: (expiry: Expiry) => boolean): void {
    // A sorted array is a heap.
    this.#heap = this.#heap.filter(isValid).sort((a, b) => a.atMs - b.atMs);
  }

  #at(place: number): number {
    return this.#heap[place]?.atMs ?? Number.POSITIVE_INFINITY;
  }
}
