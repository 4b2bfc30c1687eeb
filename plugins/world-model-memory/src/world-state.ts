import { type WorldEntry, type WorldStamp, WorldTombstones } from '@tiercel/capabilities/world-model';
import { ChangeLog, type ChangeLogStart, EntryIndex } from '@tiercel/world';
import { type Expiry, ExpiryQueue } from './expiry-queue.js';
import type { WorldWrite } from './world-write.js';

/** What a store knows, as of the last change that was made. */
export class WorldState {
  readonly entries = new EntryIndex();
  readonly tombstones = new WorldTombstones();
  readonly log: ChangeLog;
  readonly #expiries = new ExpiryQueue();
  #bytes = 0;
  /** Entries with a ttlMs. */
  #expiring = 0;

  constructor(start: ChangeLogStart) {
    this.log = new ChangeLog(start);
  }

  /** Keys, values and origins together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When the next entry ends, in milliseconds since 1970. */
  get firstEndMs(): number | undefined {
    return this.#expiries.first?.atMs;
  }

  /** Puts in place what was known before this process. */
  load(entry: WorldEntry, json: string): void {
    this.#put(entry, json);
  }

  loadTombstone(key: string, stamp: WorldStamp, epochMs: number): void {
    this.tombstones.add(key, stamp, epochMs);
  }

  /** Makes changes, and tells of them. */
  apply(writes: readonly WorldWrite[], epochMs: number): void {
    for (const { key, stamp, entry, json, record } of writes) {
      if (entry) {
        this.#put(entry, json ?? '');
        this.tombstones.delete(key);
      } else {
        this.#drop(this.entries.delete(key));
        this.tombstones.add(key, stamp, epochMs);
      }
      if (record) this.log.append(record);
    }
  }

  /** Takes out ends that have come, at most `limit`; `giveBack` them if nothing comes of it. */
  takeEnds(epochMs: number, limit: number): readonly Expiry[] {
    const taken: Expiry[] = [];
    for (let first = this.#expiries.first; first && first.atMs <= epochMs; first = this.#expiries.first) {
      if (taken.length === limit) break;
      this.#expiries.removeFirst();
      if (this.entries.get(first.key)?.revision === first.revision) taken.push(first);
    }
    return taken;
  }

  giveBack(ends: readonly Expiry[]): void {
    for (const end of ends) this.#expiries.add(end);
  }

  #put(entry: WorldEntry, json: string): void {
    this.#drop(this.entries.set(entry));
    this.#bytes += bytesOf(entry, json);
    const { key, revision, timeMs, ttlMs } = entry;
    if (ttlMs === undefined) return;
    this.#expiring += 1;
    this.#expiries.add({ key, revision, atMs: timeMs + ttlMs });
    // An entry that is observed often leaves a void end behind each time.
    if (this.#expiries.size > 2 * this.#expiring + 64) {
      this.#expiries.keep((end) => this.entries.get(end.key)?.revision === end.revision);
    }
  }

  #drop(entry: WorldEntry | undefined): void {
    if (!entry) return;
    this.#bytes -= bytesOf(entry, JSON.stringify(entry.value));
    if (entry.ttlMs !== undefined) this.#expiring -= 1;
  }
}

/** What an entry counts towards the bound on all of them. */
export function bytesOf({ key, origin }: Pick<WorldEntry, 'key' | 'origin'>, json: string): number {
  return key.length + Buffer.byteLength(origin) + Buffer.byteLength(json);
}

/** Whether the time of an entry is over, also where nobody has noticed yet. */
export function isOver({ timeMs, ttlMs }: WorldEntry, epochMs: number): boolean {
  return ttlMs !== undefined && timeMs + ttlMs <= epochMs;
}
