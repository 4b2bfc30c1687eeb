import type { WorldEntry } from '@tiercel/capabilities/world-model';
import { SortedKeys } from './sorted-keys.js';

/** Entries by key, and in order of their keys: one read costs the same, however many there are. */
export class EntryIndex {
  readonly #entries = new Map<string, WorldEntry>();
  readonly #keys = new SortedKeys();

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): WorldEntry | undefined {
    return this.#entries.get(key);
  }

  /** Puts `entry` in place of the one with its key, and returns that one. */
  set(entry: WorldEntry): WorldEntry | undefined {
    const { key } = entry;
    const previous = this.#entries.get(key);
    this.#entries.set(key, entry);
    if (!previous) this.#keys.add(key);
    return previous;
  }

  delete(key: string): WorldEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry) {
      this.#entries.delete(key);
      this.#keys.delete(key);
    }
    return entry;
  }

  clear(): void {
    this.#entries.clear();
    this.#keys.clear();
  }

  /** In no order; cheaper than by key. */
  values(): IterableIterator<WorldEntry> {
    return this.#entries.values();
  }

  /** Whose key is `prefix` or lies below it, sorted by key; the empty prefix means all. */
  *atOrBelow(prefix: string): Generator<WorldEntry> {
    const entry = this.#entries.get(prefix);
    if (entry) yield entry;
    // '0' is the character after '/'.
    const keys = prefix === '' ? this.#keys : this.#keys.range(`${prefix}/`, `${prefix}0`);
    for (const key of keys) {
      const below = this.#entries.get(key);
      if (below) yield below;
    }
  }
}
