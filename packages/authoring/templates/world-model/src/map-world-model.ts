import { randomUUID } from 'node:crypto';
import type { Clock } from '@tiercel/capabilities/clock';
import {
  checkHlc,
  checkWorldKey,
  checkWorldPrefix,
  copyWorldValue,
  HybridClock,
  isAtOrBelow,
  stampChange,
  type WorldChange,
  type WorldEntry,
  type WorldForgetting,
  type WorldHistory,
  type WorldModel,
  WorldModelError,
  type WorldObservation,
  type WorldSnapshot,
  WorldTombstones,
  worldLimits,
} from '@tiercel/capabilities/world-model';
import { ChangeFeed } from './change-feed.js';

interface HistoryOptions {
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
}

interface WatchOptions {
  readonly after?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Entries by key, in memory. Dispose it to end the waits for entries that expire. */
export class MapWorldModel implements WorldModel, Disposable {
  readonly #clock: Clock;
  readonly #feed = new ChangeFeed(randomUUID());
  readonly #entries = new Map<string, WorldEntry>();
  readonly #tombstones = new WorldTombstones();
  readonly #hybridClock: HybridClock;
  /** Waits for the end of entries with a `ttlMs`, by key. */
  readonly #expiries = new Map<string, AbortController>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#hybridClock = new HybridClock('plugin-name', () => clock.epochMs());
  }

  async get(key: string): Promise<WorldEntry | undefined> {
    checkWorldKey(key);
    return this.#entries.get(key);
  }

  async observe(observation: WorldObservation): Promise<WorldEntry> {
    const { key, origin, ttlMs, hlc = '' } = observation;
    const value = copyWorldValue(observation);
    const current = this.#entries.get(key);
    const stamp = this.#stamp(key, observation);
    if (!stamp) {
      // The same observation again: its entry stands, or was forgotten at that very time.
      if (current) return current;
      throw new WorldModelError('WORLD_MODEL_SUPERSEDED', { key, hlc, newerHlc: hlc });
    }
    if (!current && this.#entries.size >= worldLimits.entries) {
      throw new WorldModelError('WORLD_MODEL_FULL', { entries: this.#entries.size });
    }
    const { epoch, revision } = this.#feed;
    const entry: WorldEntry = Object.freeze({
      key,
      value,
      revision: revision + 1,
      epoch,
      origin,
      ...stamp,
      ...(ttlMs !== undefined && { ttlMs }),
    });
    this.#feed.add({ type: 'entry-put', entry });
    this.#entries.set(key, entry);
    this.#tombstones.delete(key);
    this.#keep(key, ttlMs);
    return entry;
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
    return { epoch: this.#feed.epoch, revision: this.#feed.revision, entries };
  }

  watch(prefix: string, { after, signal }: WatchOptions = {}): AsyncIterable<WorldChange> {
    checkWorldPrefix(prefix);
    return this.#feed.follow({ prefix, after: after ?? this.#feed.revision, signal });
  }

  async history(prefix: string, { after = 0, limit }: HistoryOptions = {}): Promise<WorldHistory> {
    checkWorldPrefix(prefix);
    return this.#feed.history({ prefix, after, limit });
  }

  [Symbol.dispose](): void {
    for (const expiry of this.#expiries.values()) expiry.abort();
    this.#expiries.clear();
  }

  #remove(key: string, options: WorldForgetting): boolean {
    const stamp = this.#stamp(key, options);
    if (!stamp) return false;
    this.#tombstones.add(key, stamp, this.#clock.epochMs());
    if (!this.#entries.delete(key)) return false;
    this.#keep(key, undefined);
    const { epoch, revision } = this.#feed;
    const { origin } = options;
    this.#feed.add({ type: 'entry-forgotten', key, revision: revision + 1, epoch, origin, ...stamp });
    return true;
  }

  /** Orders a change among those that are known of its key. */
  #stamp(key: string, request: Omit<WorldForgetting, 'origin'>) {
    const known = { entry: this.#entries.get(key), forgottenHlc: this.#tombstones.hlcOf(key) };
    return stampChange({ ...request, key }, known, {
      clock: this.#hybridClock,
      epochMs: this.#clock.epochMs(),
    });
  }

  /** Lets the entry live for `ttlMs` from now, or for ever. */
  #keep(key: string, ttlMs: number | undefined): void {
    this.#expiries.get(key)?.abort();
    this.#expiries.delete(key);
    if (ttlMs === undefined) return;
    const expiry = new AbortController();
    this.#expiries.set(key, expiry);
    this.#clock.delay(ttlMs, { signal: expiry.signal }).then(
      () => this.#remove(key, { origin: 'ttl' }),
      // Observed anew, forgotten, or the store has closed.
      () => undefined,
    );
  }
}
