import {
  type HybridClock,
  stampChange,
  type WorldEntry,
  type WorldForgetting,
  WorldModelError,
  type WorldObservation,
  type WorldStamp,
} from '@tiercel/capabilities/world-model';
import { bytesOf, isOver, type WorldState } from './world-state.js';
import type { WorldWrite } from './world-write.js';

export interface WorldBounds {
  readonly maxEntries: number;
  /** Keys, values and origins together. */
  readonly maxBytes: number;
}

export interface DraftTime {
  readonly clock: HybridClock;
  readonly epochMs: number;
}

/** An observation whose value was checked and copied. */
export interface CheckedObservation extends WorldObservation {
  /** Its value. */
  readonly json: string;
}

/** Changes that are decided one after the other, each in sight of those before it, and made together or not at all. */
export class WorldDraft {
  readonly writes: WorldWrite[] = [];
  readonly #state: WorldState;
  readonly #bounds: WorldBounds;
  readonly #time: DraftTime;
  readonly #latest = new Map<string, WorldWrite>();
  #revision: number;
  #entries: number;
  #bytes: number;

  constructor(state: WorldState, bounds: WorldBounds, time: DraftTime) {
    this.#state = state;
    this.#bounds = bounds;
    this.#time = time;
    this.#revision = state.log.revision;
    this.#entries = state.entries.size;
    this.#bytes = state.bytes;
  }

  observe(observation: CheckedObservation): WorldEntry {
    const { key, origin, value, ttlMs, json, hlc = '' } = observation;
    const current = this.#current(key);
    const stamp = this.#stamp(key, observation, current);
    if (!stamp) {
      if (current) return current;
      throw new WorldModelError('WORLD_MODEL_SUPERSEDED', { key, hlc, newerHlc: hlc });
    }
    this.#takeRoom(bytesOf(observation, json), current);
    this.#revision += 1;
    const entry: WorldEntry = Object.freeze({
      key,
      value,
      revision: this.#revision,
      epoch: this.#state.log.epoch,
      origin,
      ...stamp,
      ...(ttlMs !== undefined && { ttlMs }),
    });
    this.#write({ key, stamp, entry, json, record: { type: 'entry-put', entry } });
    return entry;
  }

  forget(key: string, options: WorldForgetting): boolean {
    const current = this.#current(key);
    const stamp = this.#stamp(key, options, current);
    if (!stamp) return false;
    this.#forget(key, options.origin, stamp, current);
    return current !== undefined;
  }

  /** Forgets an entry whose time is over. */
  expire(key: string): void {
    this.#current(key);
  }

  /** What a key has, after that what is over was forgotten. */
  #current(key: string): WorldEntry | undefined {
    const write = this.#latest.get(key);
    const entry = write ? write.entry : this.#state.entries.get(key);
    const { clock, epochMs } = this.#time;
    if (!entry || !isOver(entry, epochMs)) return entry;
    this.#forget(key, 'ttl', { hlc: clock.next(), timeMs: epochMs }, entry);
    return undefined;
  }

  #stamp(key: string, request: WorldForgetting, entry: WorldEntry | undefined): WorldStamp | undefined {
    const write = this.#latest.get(key);
    const forgottenHlc = write ? write.stamp.hlc : this.#state.tombstones.hlcOf(key);
    return stampChange({ ...request, key }, { entry, forgottenHlc }, this.#time);
  }

  #takeRoom(bytes: number, current: WorldEntry | undefined): void {
    const freed = current ? bytesOf(current, JSON.stringify(current.value)) : 0;
    const { maxEntries, maxBytes } = this.#bounds;
    const isFull = !current && this.#entries >= maxEntries;
    // Whoever gives room back is never refused.
    if (isFull || (bytes > freed && this.#bytes + bytes - freed > maxBytes)) {
      throw new WorldModelError('WORLD_MODEL_FULL', {
        entries: this.#entries,
        ...(!isFull && { bytes: this.#bytes }),
      });
    }
    this.#bytes += bytes - freed;
    if (!current) this.#entries += 1;
  }

  #forget(key: string, origin: string, stamp: WorldStamp, current: WorldEntry | undefined): void {
    if (!current) {
      this.#write({ key, stamp, entry: undefined, json: undefined, record: undefined });
      return;
    }
    this.#revision += 1;
    this.#entries -= 1;
    this.#bytes -= bytesOf(current, JSON.stringify(current.value));
    const { epoch } = this.#state.log;
    this.#write({
      key,
      stamp,
      entry: undefined,
      json: undefined,
      record: Object.freeze({
        type: 'entry-forgotten',
        key,
        revision: this.#revision,
        epoch,
        origin,
        ...stamp,
      }),
    });
  }

  #write(write: WorldWrite): void {
    this.writes.push(write);
    this.#latest.set(write.key, write);
  }
}
