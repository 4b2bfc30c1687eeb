import { isAtOrBelow, type WorldChange, worldLimits } from '@tiercel/capabilities/world-model';

type RecordedChange = Exclude<WorldChange, { readonly type: 'reset' }>;

export interface FollowOptions {
  readonly prefix: string;
  /** Revision after which to go on. */
  readonly after: number;
  readonly signal?: AbortSignal | undefined;
}

/** The last 1,024 changes, and everybody who follows them. Memory does not grow with slow readers: they are reset. */
export class ChangeLog {
  readonly epoch: string;
  readonly #changes: RecordedChange[] = new Array(worldLimits.changes);
  readonly #waiting = new Set<() => void>();
  #revision = 0;
  #isClosed = false;

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  /** Revision of the newest change. */
  get revision(): number {
    return this.#revision;
  }

  /** Readers that wait for a change. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Adds the change that `make` returns for the next revision. */
  append<C extends RecordedChange>(make: (revision: number) => C): C {
    const change = make(this.#revision + 1);
    this.#revision += 1;
    this.#changes[this.#revision % worldLimits.changes] = change;
    this.#wakeAll();
    return change;
  }

  /** Ends every reader after the changes that it has not seen yet. */
  close(): void {
    this.#isClosed = true;
    this.#wakeAll();
  }

  follow({ prefix, after, signal }: FollowOptions): AsyncIterableIterator<WorldChange> {
    const reader = { seen: after, hasLeft: false };
    const wakes = new Set<() => void>();
    const iterator: AsyncIterableIterator<WorldChange> = {
      next: async () => {
        for (;;) {
          if (reader.hasLeft) return { done: true, value: undefined };
          if (signal?.aborted) {
            reader.hasLeft = true;
            throw signal.reason;
          }
          const change = this.#takeNext(reader, prefix);
          if (change) return { done: false, value: change };
          if (this.#isClosed) return { done: true, value: undefined };
          await this.#nextChange(wakes, signal);
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

  #takeNext(reader: { seen: number }, prefix: string): WorldChange | undefined {
    const behind = this.#revision - reader.seen;
    if (!(behind >= 0 && behind <= worldLimits.changes)) {
      reader.seen = this.#revision;
      return { type: 'reset', epoch: this.epoch };
    }
    while (reader.seen < this.#revision) {
      reader.seen += 1;
      const change = this.#changes[reader.seen % worldLimits.changes];
      if (change && isAtOrBelow(keyOf(change), prefix)) return change;
    }
    return undefined;
  }

  #nextChange(wakes: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        wakes.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      wakes.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

function keyOf(change: RecordedChange): string {
  return change.type === 'entry-put' ? change.entry.key : change.key;
}
