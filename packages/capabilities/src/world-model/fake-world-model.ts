import { WorldModelError } from './errors.js';
import { HybridClock } from './hybrid-clock.js';
import { worldLimits } from './world-limits.js';
import type {
  WorldChange,
  WorldEntry,
  WorldForgetting,
  WorldHistory,
  WorldModel,
  WorldObservation,
  WorldRecord,
  WorldSnapshot,
} from './world-model.js';
import { stampChange, WorldTombstones } from './world-order.js';
import { checkHlc, checkWorldKey, checkWorldPrefix, copyWorldValue, isAtOrBelow } from './world-rules.js';

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
  readonly #tombstones = new WorldTombstones();
  readonly #hybridClock = new HybridClock('fake', () => this.#timeMs);
  #changes: WorldRecord[] = [];
  #wakers = new Set<() => void>();

  constructor({ entries = {}, capacity = worldLimits.entries }: FakeWorldModelOptions = {}) {
    this.#capacity = capacity;
    for (const [key, value] of Object.entries(entries)) this.#put({ key, value, origin: 'seed' });
  }

  /** Moves time on; entries whose `ttlMs` is over disappear. */
  async advance(ms: number): Promise<void> {
    this.#timeMs += ms;
    for (const { key, timeMs, ttlMs } of [...this.#entries.values()]) {
      if (ttlMs !== undefined && timeMs + ttlMs <= this.#timeMs) this.#remove(key, { origin: 'ttl' });
    }
  }

  /** Empties the store as if an older database had been restored: a new epoch, and a `reset` for every reader. */
  restart(): void {
    this.#epoch = `fake-epoch-${Number(this.#epoch.split('-').at(-1)) + 1}`;
    this.#entries.clear();
    this.#tombstones.clear();
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

  async forget(key: string, options: WorldForgetting): Promise<boolean> {
    checkWorldKey(key);
    checkHlc(key, options.hlc);
    return this.#remove(key, options);
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

  async history(
    prefix: string,
    options: { readonly after?: number | undefined; readonly limit?: number | undefined } = {},
  ): Promise<WorldHistory> {
    checkWorldPrefix(prefix);
    const { after = 0, limit = worldLimits.historyRecords } = options;
    const records = this.#changes.filter(
      (record) => revisionOf(record) > after && isAtOrBelow(keyOf(record), prefix),
    );
    return {
      epoch: this.#epoch,
      revision: this.#revision,
      forgottenUpTo: this.#revision - this.#changes.length,
      records: records.slice(0, Math.min(limit, worldLimits.historyRecords)),
    };
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
      if (isAtOrBelow(keyOf(next), prefix)) yield next;
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
    const { key, origin, ttlMs } = observation;
    const value = copyWorldValue(observation);
    const current = this.#entries.get(key);
    const stamp = this.#stamp(key, observation);
    if (!stamp && current) return current;
    if (!current && this.#entries.size >= this.#capacity) {
      throw new WorldModelError('WORLD_MODEL_FULL', { entries: this.#entries.size });
    }
    this.#revision += 1;
    const entry: WorldEntry = Object.freeze({
      key,
      value,
      revision: this.#revision,
      epoch: this.#epoch,
      origin,
      timeMs: stamp?.timeMs ?? this.#timeMs,
      hlc: stamp?.hlc ?? this.#hybridClock.next(),
      ...(ttlMs !== undefined && { ttlMs }),
    });
    this.#entries.set(key, entry);
    this.#tombstones.delete(key);
    this.#record({ type: 'entry-put', entry });
    return entry;
  }

  #remove(key: string, options: WorldForgetting): boolean {
    const stamp = this.#stamp(key, options);
    if (!stamp) return false;
    this.#tombstones.add(key, stamp, this.#timeMs);
    if (!this.#entries.delete(key)) return false;
    this.#revision += 1;
    const { origin } = options;
    this.#record({
      type: 'entry-forgotten',
      key,
      revision: this.#revision,
      epoch: this.#epoch,
      origin,
      ...stamp,
    });
    return true;
  }

  #stamp(key: string, request: Omit<WorldObservation, 'key' | 'value'>) {
    const known = { entry: this.#entries.get(key), forgottenHlc: this.#tombstones.hlcOf(key) };
    return stampChange({ ...request, key }, known, { clock: this.#hybridClock, epochMs: this.#timeMs });
  }

  #record(change: WorldRecord): void {
    this.#changes.push(change);
    if (this.#changes.length > worldLimits.changes) this.#changes.shift();
    this.#wake();
  }

  #wake(): void {
    for (const waker of [...this.#wakers]) waker();
  }
}

function keyOf(record: WorldRecord): string {
  return record.type === 'entry-put' ? record.entry.key : record.key;
}

function revisionOf(record: WorldRecord): number {
  return record.type === 'entry-put' ? record.entry.revision : record.revision;
}
