import { WorldModelError } from './errors.js';
import type { WorldChange, WorldEntry, WorldModel, WorldObservation, WorldSnapshot } from './world-model.js';
import { checkWorldKey, checkWorldPrefix, copyWorldValue, isAtOrBelow, worldLimits } from './world-rules.js';

export interface FakeWorldModelOptions {
  /** First contents: values by key. */
  readonly entries?: Readonly<Record<string, unknown>>;
  /** Most entries, to see a full store soon. Default as in production. */
  readonly capacity?: number;
}

/** A world model for tests. Its time stands still until `advance`. */
export class FakeWorldModel implements WorldModel {
  readonly #capacity: number;
  readonly #entries = new Map<string, WorldEntry>();
  #epoch = 'fake-epoch-1';
  #revision = 0;
  #timeMs = Date.UTC(2026, 0, 1);
  #changes: (WorldChange & { readonly type: 'entry-put' | 'entry-forgotten' })[] = [];
  #wakers = new Set<() => void>();

  constructor({ entries = {}, capacity = worldLimits.entries }: FakeWorldModelOptions = {}) {
    this.#capacity = capacity;
    for (const [key, value] of Object.entries(entries)) this.#put({ key, value, origin: 'seed' });
  }

  /** Moves time on; entries whose `ttlMs` is over disappear. */
  async advance(ms: number): Promise<void> {
    this.#timeMs += ms;
    for (const { key, timeMs, ttlMs } of [...this.#entries.values()]) {
      if (ttlMs !== undefined && timeMs + ttlMs <= this.#timeMs) this.#remove(key);
    }
  }

  /** Empties the store as if an older database had been restored: a new epoch, and a `reset` for every reader. */
  restart(): void {
    this.#epoch = `fake-epoch-${Number(this.#epoch.split('-').at(-1)) + 1}`;
    this.#entries.clear();
    this.#changes = [];
    this.#revision = 0;
    this.#wake();
  }

  async get(key: string): Promise<WorldEntry | undefined> {
    checkWorldKey(key);
    return this.#entries.get(key);
  }

  async observe(observation: WorldObservation): Promise<WorldEntry> {
    return this.#put(observation);
  }

  async forget(key: string): Promise<boolean> {
    checkWorldKey(key);
    return this.#remove(key);
  }

  async snapshot(prefix = ''): Promise<WorldSnapshot> {
    checkWorldPrefix(prefix);
    const entries = [...this.#entries.values()]
      .filter(({ key }) => isAtOrBelow(key, prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    return { epoch: this.#epoch, revision: this.#revision, entries };
  }

  watch(
    prefix: string,
    options: { readonly after?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterable<WorldChange> {
    checkWorldPrefix(prefix);
    return this.#changesAfter(prefix, this.#epoch, options.after ?? this.#revision, options.signal);
  }

  async *#changesAfter(
    prefix: string,
    startEpoch: string,
    after: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<WorldChange> {
    let epoch = startEpoch;
    let seen = after;
    for (;;) {
      signal?.throwIfAborted();
      const behind = this.#revision - seen;
      if (epoch !== this.#epoch || behind < 0 || behind > worldLimits.changes) {
        epoch = this.#epoch;
        seen = this.#revision;
        yield { type: 'reset', epoch };
        continue;
      }
      const next = behind === 0 ? undefined : this.#changes.at(-behind);
      if (next === undefined) {
        await this.#nextChange(signal);
        continue;
      }
      seen += 1;
      if (isAtOrBelow(next.type === 'entry-put' ? next.entry.key : next.key, prefix)) yield next;
    }
  }

  #nextChange(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#wakers.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.#wakers.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  #put(observation: WorldObservation): WorldEntry {
    const { key, origin, ttlMs, baseRevision } = observation;
    const value = copyWorldValue(observation);
    const currentRevision = this.#entries.get(key)?.revision ?? 0;
    if (baseRevision !== undefined && baseRevision !== currentRevision) {
      throw new WorldModelError('WORLD_MODEL_CONFLICT', { key, baseRevision, currentRevision });
    }
    if (currentRevision === 0 && this.#entries.size >= this.#capacity) {
      throw new WorldModelError('WORLD_MODEL_FULL', { entries: this.#entries.size });
    }
    this.#revision += 1;
    const entry: WorldEntry = Object.freeze({
      key,
      value,
      revision: this.#revision,
      epoch: this.#epoch,
      origin,
      timeMs: this.#timeMs,
      ...(ttlMs !== undefined && { ttlMs }),
    });
    this.#entries.set(key, entry);
    this.#record({ type: 'entry-put', entry });
    return entry;
  }

  #remove(key: string): boolean {
    if (!this.#entries.delete(key)) return false;
    this.#revision += 1;
    this.#record({ type: 'entry-forgotten', key, revision: this.#revision, epoch: this.#epoch });
    return true;
  }

  #record(change: WorldChange & { readonly type: 'entry-put' | 'entry-forgotten' }): void {
    this.#changes.push(change);
    if (this.#changes.length > worldLimits.changes) this.#changes.shift();
    this.#wake();
  }

  #wake(): void {
    for (const waker of [...this.#wakers]) waker();
  }
}
