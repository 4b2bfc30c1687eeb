import {
  isAtOrBelow,
  type WorldChange,
  type WorldHistory,
  type WorldRecord,
  worldLimits,
} from '@tiercel/capabilities/world-model';

export interface FollowOptions {
  readonly prefix: string;
  /** Revision from which to go on. */
  readonly after: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HistoryRequest {
  readonly prefix: string;
  readonly after: number;
  readonly limit?: number | undefined;
}

/** The latest changes of a store, for any number of readers, each at its own pace. Who is too far behind gets a `reset`. */
export class ChangeFeed {
  readonly epoch: string;
  /** The newest `worldLimits.changes`, oldest first. Each raises the revision by one. */
  readonly #changes: WorldRecord[] = [];
  readonly #wakers = new Set<() => void>();
  #revision = 0;

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Adds a change of the next revision. */
  add(change: WorldRecord): void {
    this.#revision += 1;
    this.#changes.push(change);
    if (this.#changes.length > worldLimits.changes) this.#changes.shift();
    for (const wake of [...this.#wakers]) wake();
  }

  history({ prefix, after, limit = worldLimits.historyRecords }: HistoryRequest): WorldHistory {
    const forgottenUpTo = this.#revision - this.#changes.length;
    const records = this.#changes
      .slice(Math.max(0, after - forgottenUpTo))
      .filter((change) => isAtOrBelow(keyOf(change), prefix))
      .slice(0, Math.min(limit, worldLimits.historyRecords));
    return { epoch: this.epoch, revision: this.#revision, forgottenUpTo, records };
  }

  async *follow({ prefix, after, signal }: FollowOptions): AsyncGenerator<WorldChange, void, void> {
    let seen = after;
    for (;;) {
      signal?.throwIfAborted();
      const behind = this.#revision - seen;
      const next = behind === 0 ? undefined : this.#changes.at(-behind);
      if (behind < 0 || behind > this.#changes.length) {
        seen = this.#revision;
        yield { type: 'reset', epoch: this.epoch };
      } else if (next) {
        seen += 1;
        if (isAtOrBelow(keyOf(next), prefix)) yield next;
      } else {
        await this.#change(signal);
      }
    }
  }

  /** Settles at the next change, or when `signal` aborts. */
  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wakers.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#wakers.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}

function keyOf(change: WorldRecord): string {
  return change.type === 'entry-put' ? change.entry.key : change.key;
}
