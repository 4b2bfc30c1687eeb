import {
  isAtOrBelow,
  type WorldChange,
  type WorldRecord,
  worldLimits,
} from '@tiercel/capabilities/world-model';

export interface ChangeLogStart {
  readonly epoch: string;
  /** Revision of the store when the log begins. */
  readonly revision: number;
}

export interface FollowOptions {
  readonly prefix: string;
  /** Revision after which to go on; default: from now. */
  readonly after?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RecordsOptions {
  readonly prefix: string;
  readonly after: number;
  readonly limit: number;
}

interface Reader {
  readonly prefix: string;
  /** Place up to which it has read. */
  seen: number;
  hasLeft: boolean;
}

/** One who has seen everything. */
interface Waiter {
  readonly reader: Reader;
  wake(): void;
}

/**
 * The last 1,024 changes of a store, and everybody who follows them. Memory does not grow with slow readers: they are reset.
 * Revisions never fall; they may leave gaps, and several records may carry the same one.
 */
export class ChangeLog {
  readonly #records: (WorldRecord | undefined)[] = new Array(worldLimits.changes);
  /** Who waits, by prefix: a change wakes those whose prefix lies on the way to its key, however many others there are. */
  readonly #waiting = new Map<string, Set<Waiter>>();
  #epoch: string;
  #revision: number;
  /** Records so far: the newest one is at this place, modulo the size of the ring. */
  #count = 0;
  /** Readers that have seen less are reset. */
  #firstValid = 0;
  /** Revision of the newest record that is no longer here. */
  #forgottenUpTo: number;
  #isClosed = false;

  constructor({ epoch, revision }: ChangeLogStart) {
    this.#epoch = epoch;
    this.#revision = revision;
    this.#forgottenUpTo = revision;
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** Revision of the newest change. */
  get revision(): number {
    return this.#revision;
  }

  /** Changes up to this revision are no longer here. */
  get forgottenUpTo(): number {
    return this.#forgottenUpTo;
  }

  /** Readers that wait for a change. */
  get waiting(): number {
    let count = 0;
    for (const { size } of this.#waiting.values()) count += size;
    return count;
  }

  append(record: WorldRecord): void {
    const evicted = this.#records[(this.#count + 1) % worldLimits.changes];
    if (evicted) this.#forgottenUpTo = Math.max(this.#forgottenUpTo, revisionOf(evicted));
    this.#count += 1;
    this.#records[this.#count % worldLimits.changes] = record;
    this.#firstValid = Math.max(this.#firstValid, this.#count - worldLimits.changes);
    this.#revision = Math.max(this.#revision, revisionOf(record));
    this.#wakeAlong(keyOf(record));
  }

  /** Everything known so far is void: every reader gets a `reset`. */
  reset({ epoch, revision }: ChangeLogStart): void {
    this.#epoch = epoch;
    this.#revision = revision;
    this.#forgottenUpTo = revision;
    this.#records.fill(undefined);
    this.#count += 1;
    this.#firstValid = this.#count;
    // They have not seen this, so they are behind.
    for (const prefix of [...this.#waiting.keys()]) this.#wakeAt(prefix, this.#count - 1);
  }

  /** Ends every reader after the changes that it has not seen yet. */
  close(): void {
    this.#isClosed = true;
    for (const prefix of [...this.#waiting.keys()]) this.#wakeAt(prefix, this.#count);
  }

  /** What is still known after a revision, oldest first. */
  records({ prefix, after, limit }: RecordsOptions): readonly WorldRecord[] {
    const found: WorldRecord[] = [];
    for (let place = this.#firstValid + 1; place <= this.#count && found.length < limit; place++) {
      const record = this.#records[place % worldLimits.changes];
      if (record && revisionOf(record) > after && isAtOrBelow(keyOf(record), prefix)) found.push(record);
    }
    return found;
  }

  follow({ prefix, after, signal }: FollowOptions): AsyncIterableIterator<WorldChange> {
    const reader: Reader = { prefix, seen: this.#placeAfter(after ?? this.#revision), hasLeft: false };
    const wakes = new Set<() => void>();
    const iterator: AsyncIterableIterator<WorldChange> = {
      next: async () => {
        for (;;) {
          if (reader.hasLeft) return { done: true, value: undefined };
          if (signal?.aborted) {
            reader.hasLeft = true;
            throw signal.reason;
          }
          const change = this.#takeNext(reader);
          if (change) return { done: false, value: change };
          if (this.#isClosed) return { done: true, value: undefined };
          await this.#nextChange(reader, wakes, signal);
        }
      },
      return: async () => {
        reader.hasLeft = true;
        for (const wake of [...wakes]) wake();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** Where a reader who knows everything up to `revision` goes on; -1 where that cannot be said. */
  #placeAfter(revision: number): number {
    if (revision === this.#revision) return this.#count;
    if (!(revision >= this.#forgottenUpTo && revision < this.#revision)) return -1;
    let low = this.#firstValid;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const record = this.#records[middle % worldLimits.changes];
      if (record && revisionOf(record) <= revision) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #takeNext(reader: Reader): WorldChange | undefined {
    if (reader.seen < this.#firstValid) {
      reader.seen = this.#count;
      return { type: 'reset', epoch: this.#epoch };
    }
    while (reader.seen < this.#count) {
      reader.seen += 1;
      const record = this.#records[reader.seen % worldLimits.changes];
      if (record && isAtOrBelow(keyOf(record), reader.prefix)) return record;
    }
    return undefined;
  }

  #nextChange(reader: Reader, wakes: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        reader,
        wake: () => {
          this.#leave(waiter);
          wakes.delete(waiter.wake);
          signal?.removeEventListener('abort', waiter.wake);
          resolve();
        },
      };
      this.#join(waiter);
      wakes.add(waiter.wake);
      signal?.addEventListener('abort', waiter.wake, { once: true });
    });
  }

  #join(waiter: Waiter): void {
    const { prefix } = waiter.reader;
    const waiters = this.#waiting.get(prefix);
    if (waiters) waiters.add(waiter);
    else this.#waiting.set(prefix, new Set([waiter]));
  }

  #leave(waiter: Waiter): void {
    const { prefix } = waiter.reader;
    const waiters = this.#waiting.get(prefix);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiting.delete(prefix);
  }

  /** Wakes those who wait for `key` or what it lies below. Everything since they began to wait was not for them. */
  #wakeAlong(key: string): void {
    if (this.#waiting.size === 0) return;
    this.#wakeAt('', this.#count - 1);
    for (let end = key.indexOf('/'); end !== -1; end = key.indexOf('/', end + 1)) {
      this.#wakeAt(key.slice(0, end), this.#count - 1);
    }
    this.#wakeAt(key, this.#count - 1);
  }

  #wakeAt(prefix: string, seen: number): void {
    for (const { reader, wake } of [...(this.#waiting.get(prefix) ?? [])]) {
      reader.seen = seen;
      wake();
    }
  }
}

export function keyOf(record: WorldRecord): string {
  return record.type === 'entry-put' ? record.entry.key : record.key;
}

export function revisionOf(record: WorldRecord): number {
  return record.type === 'entry-put' ? record.entry.revision : record.revision;
}
