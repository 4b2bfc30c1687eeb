import { randomUUID } from 'node:crypto';
import type { Clock } from '@tiercel/capabilities/clock';
import {
  checkWorldKey,
  checkWorldPrefix,
  copyWorldValue,
  type WorldChange,
  type WorldEntry,
  type WorldModel,
  WorldModelError,
  type WorldObservation,
  type WorldSnapshot,
  worldLimits,
} from '@tiercel/capabilities/world-model';
import { ChangeLog } from './change-log.js';
import { ExpiryQueue } from './expiry-queue.js';
import { SortedKeys } from './sorted-keys.js';

/** The wall clock may jump, so nobody waits longer than this before looking at it again. */
const LONGEST_WAIT_MS = 60_000;

/** A world model that lives as long as its process. Opens nothing but one timer, and that only while entries expire. */
export class MemoryWorldModel implements WorldModel, AsyncDisposable {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #log = new ChangeLog(randomUUID());
  readonly #entries = new Map<string, WorldEntry>();
  readonly #keys = new SortedKeys();
  readonly #expiries = new ExpiryQueue();
  /** Entries with a ttlMs. */
  #expiring = 0;
  #isClosed = false;
  #wait:
    | { readonly atMs: number; readonly controller: AbortController; readonly done: Promise<void> }
    | undefined;

  constructor(clock: Clock, capacity: number = worldLimits.entries) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  async get(key: string): Promise<WorldEntry | undefined> {
    checkWorldKey(key);
    this.#expire();
    return this.#entries.get(key);
  }

  async observe(observation: WorldObservation): Promise<WorldEntry> {
    const { key, origin, ttlMs, baseRevision } = observation;
    const value = copyWorldValue(observation);
    this.#expire();
    const current = this.#entries.get(key);
    const currentRevision = current?.revision ?? 0;
    if (baseRevision !== undefined && baseRevision !== currentRevision) {
      throw new WorldModelError('WORLD_MODEL_CONFLICT', { key, baseRevision, currentRevision });
    }
    if (!current && this.#entries.size >= this.#capacity) {
      throw new WorldModelError('WORLD_MODEL_FULL', { entries: this.#entries.size });
    }
    const { entry } = this.#log.append((revision) => ({
      type: 'entry-put',
      entry: Object.freeze({
        key,
        value,
        revision,
        epoch: this.#log.epoch,
        origin,
        timeMs: this.#clock.epochMs(),
        ...(ttlMs !== undefined && { ttlMs }),
      }),
    }));
    this.#entries.set(key, entry);
    if (!current) this.#keys.add(key);
    if (current?.ttlMs !== undefined) this.#expiring -= 1;
    if (ttlMs !== undefined) this.#scheduleEnd(entry, ttlMs);
    return entry;
  }

  async forget(key: string): Promise<boolean> {
    checkWorldKey(key);
    this.#expire();
    return this.#remove(key);
  }

  async snapshot(prefix = ''): Promise<WorldSnapshot> {
    checkWorldPrefix(prefix);
    this.#expire();
    return {
      epoch: this.#log.epoch,
      revision: this.#log.revision,
      entries: Object.freeze([...this.#atOrBelow(prefix)]),
    };
  }

  watch(
    prefix: string,
    options: { readonly after?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterable<WorldChange> {
    checkWorldPrefix(prefix);
    this.#expire();
    return this.#log.follow({ prefix, after: options.after ?? this.#log.revision, signal: options.signal });
  }

  /** Ends all watches. Closing twice does nothing more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#log.close();
    this.#wait?.controller.abort();
    await this.#wait?.done;
  }

  *#atOrBelow(prefix: string): Generator<WorldEntry> {
    const entry = this.#entries.get(prefix);
    if (entry) yield entry;
    // '0' is the character after '/'.
    const keys = prefix === '' ? this.#keys : this.#keys.range(`${prefix}/`, `${prefix}0`);
    for (const key of keys) {
      const below = this.#entries.get(key);
      if (below) yield below;
    }
  }

  #remove(key: string): boolean {
    const entry = this.#entries.get(key);
    if (!entry) return false;
    this.#entries.delete(key);
    this.#keys.delete(key);
    if (entry.ttlMs !== undefined) this.#expiring -= 1;
    this.#log.append((revision) => ({ type: 'entry-forgotten', key, revision, epoch: this.#log.epoch }));
    return true;
  }

  #scheduleEnd({ key, revision, timeMs }: WorldEntry, ttlMs: number): void {
    this.#expiring += 1;
    this.#expiries.add({ key, revision, atMs: timeMs + ttlMs });
    // An entry that is observed often leaves a void end behind each time.
    if (this.#expiries.size > 2 * this.#expiring + 64) {
      this.#expiries.keep((expiry) => this.#entries.get(expiry.key)?.revision === expiry.revision);
    }
    this.#waitForFirst();
  }

  #expire(): void {
    const nowMs = this.#clock.epochMs();
    for (let first = this.#expiries.first; first && first.atMs <= nowMs; first = this.#expiries.first) {
      this.#expiries.removeFirst();
      if (this.#entries.get(first.key)?.revision === first.revision) this.#remove(first.key);
    }
  }

  #waitForFirst(): void {
    const atMs = this.#expiries.first?.atMs;
    if (atMs === undefined || this.#isClosed) return;
    if (this.#wait && this.#wait.atMs <= atMs) return;
    this.#wait?.controller.abort();
    const controller = new AbortController();
    const waitMs = Math.min(Math.max(atMs - this.#clock.epochMs(), 1), LONGEST_WAIT_MS);
    const wait = {
      atMs,
      controller,
      done: this.#clock.delay(waitMs, { signal: controller.signal }).then(
        () => {
          this.#wait = undefined;
          this.#expire();
          this.#waitForFirst();
        },
        // Only its own abort rejects it: an earlier end came up, or the store closes.
        () => undefined,
      ),
    };
    this.#wait = wait;
  }
}
