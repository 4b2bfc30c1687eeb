import { WorldModelError } from './errors.js';
import { type HybridClock, hlcTimeMs } from './hybrid-clock.js';
import { worldLimits } from './world-limits.js';
import type { WorldEntry } from './world-model.js';

/** What orders one observation, or the forgetting of an entry, among all others of its key. */
export interface WorldStamp {
  readonly hlc: string;
  readonly timeMs: number;
}

export interface StampRequest {
  readonly key: string;
  readonly hlc?: string | undefined;
  readonly timeMs?: number | undefined;
  readonly baseRevision?: number | undefined;
}

/** What a store knows of a key. */
export interface KnownOfKey {
  readonly entry: WorldEntry | undefined;
  /** Hybrid time at which it was forgotten, if that is remembered. */
  readonly forgottenHlc: string | undefined;
}

/**
 * The stamp under which a store takes a change; `undefined` where it has taken the same one already. Throws
 * `WORLD_MODEL_SUPERSEDED` and `WORLD_MODEL_CONFLICT`.
 */
export function stampChange(
  request: StampRequest,
  { entry, forgottenHlc }: KnownOfKey,
  { clock, epochMs }: { readonly clock: HybridClock; readonly epochMs: number },
): WorldStamp | undefined {
  const { key, hlc, baseRevision } = request;
  const newerHlc = entry?.hlc ?? forgottenHlc;
  if (hlc !== undefined && newerHlc !== undefined && hlc <= newerHlc) {
    if (hlc === newerHlc) return undefined;
    throw new WorldModelError('WORLD_MODEL_SUPERSEDED', { key, hlc, newerHlc });
  }
  const currentRevision = entry?.revision ?? 0;
  if (baseRevision !== undefined && baseRevision !== currentRevision) {
    throw new WorldModelError('WORLD_MODEL_CONFLICT', { key, baseRevision, currentRevision });
  }
  const isBelieved = hlc !== undefined && clock.witness(hlc);
  const timeMs = request.timeMs ?? (isBelieved ? hlcTimeMs(hlc) : epochMs);
  return {
    hlc: isBelieved ? hlc : clock.next(),
    timeMs: timeMs > epochMs + worldLimits.aheadMs ? epochMs : timeMs,
  };
}

/** Remembers when entries were forgotten, so that a late observation does not bring them back. */
export class WorldTombstones {
  /** Oldest first. */
  readonly #stamps = new Map<string, WorldStamp>();

  get size(): number {
    return this.#stamps.size;
  }

  hlcOf(key: string): string | undefined {
    return this.#stamps.get(key)?.hlc;
  }

  /** Remembers `stamp`, and drops what is over at `epochMs` or one too many. Returns the keys of those. */
  add(key: string, stamp: WorldStamp, epochMs: number): readonly string[] {
    this.#stamps.delete(key);
    this.#stamps.set(key, stamp);
    const dropped: string[] = [];
    for (const [oldKey, { timeMs }] of this.#stamps) {
      if (this.#stamps.size <= worldLimits.tombstones && timeMs + worldLimits.tombstoneMs > epochMs) break;
      this.#stamps.delete(oldKey);
      dropped.push(oldKey);
    }
    return dropped;
  }

  /** The key has an entry again. */
  delete(key: string): void {
    this.#stamps.delete(key);
  }

  clear(): void {
    this.#stamps.clear();
  }
}
