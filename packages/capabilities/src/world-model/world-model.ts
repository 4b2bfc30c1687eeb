import { defineCapability } from '@tiercel/kernel';

/** Any JSON value. */
export type WorldValue = unknown;

/** One observed fact. Immutable; what you get is yours to keep. */
export interface WorldEntry {
  /** Segments `[A-Za-z0-9_.:@-]+` joined by `/`; at most 200 bytes and 8 segments. Example: `device/living-room-lamp/state`. */
  readonly key: string;
  readonly value: WorldValue;
  /** Grows by at least one with every change in this epoch. */
  readonly revision: number;
  /** Id of the store's life; after a change of epoch take a fresh snapshot. */
  readonly epoch: string;
  /** Who observed it: a plugin, node or `seed`. */
  readonly origin: string;
  /** When it was observed, in milliseconds since 1970. */
  readonly timeMs: number;
  /** Hybrid logical time of the observation (`HybridClock`): orders what several nodes observed of one key. */
  readonly hlc: string;
  /** The entry disappears this long after `timeMs`, which is a change like any other (`entry-forgotten`). */
  readonly ttlMs?: number;
  /** Observed on this node, and not yet confirmed by the one that keeps the truth: it may still be refused. */
  readonly isPending?: true;
  /** The last that is known here: the node that keeps the truth cannot be reached. */
  readonly isStale?: true;
}

/** A change that a store remembers for a while. */
export type WorldRecord =
  | { readonly type: 'entry-put'; readonly entry: WorldEntry }
  | {
      readonly type: 'entry-forgotten';
      readonly key: string;
      readonly revision: number;
      readonly epoch: string;
      /** Who forgot it; `ttl` where its time was over. */
      readonly origin: string;
      readonly timeMs: number;
      readonly hlc: string;
    };

export type WorldChange =
  | WorldRecord
  /** Everything known so far is void (new epoch, or the reader fell behind): take a fresh snapshot. */
  | { readonly type: 'reset'; readonly epoch: string };

export interface WorldObservation {
  readonly key: string;
  readonly value: WorldValue;
  readonly origin: string;
  readonly ttlMs?: number | undefined;
  /** Write only if the entry still has this revision (0: does not exist), else `WORLD_MODEL_CONFLICT`. */
  readonly baseRevision?: number | undefined;
  /** When it was observed, for one that comes later than that. Default: now. More than 5 minutes ahead counts as now. */
  readonly timeMs?: number | undefined;
  /**
   * Where the observation was made on another node: its hybrid time there. The same one again changes nothing and returns
   * what stands; one older than what is known of the key throws `WORLD_MODEL_SUPERSEDED`. More than 5 minutes ahead is
   * replaced by now. Default: the next time of this node.
   */
  readonly hlc?: string | undefined;
}

export interface WorldForgetting {
  readonly origin: string;
  /** As in `WorldObservation`. */
  readonly hlc?: string | undefined;
  /** Forget only if the entry still has this revision, else `WORLD_MODEL_CONFLICT`. */
  readonly baseRevision?: number | undefined;
}

export interface WorldHistory {
  readonly epoch: string;
  /** Revision of the whole store at this moment. */
  readonly revision: number;
  /** Changes up to this revision are no longer known; 0 where none is missing. */
  readonly forgottenUpTo: number;
  /** Oldest first. */
  readonly records: readonly WorldRecord[];
}

export interface WorldSnapshot {
  readonly epoch: string;
  /** Revision of the whole store at this moment; `watch` goes on from it. */
  readonly revision: number;
  /** Sorted by key. */
  readonly entries: readonly WorldEntry[];
}

/** Store of entities and their observed state. Entries and their bytes are bounded; above that writes are refused, reads go on. */
export interface WorldModel {
  get(key: string): Promise<WorldEntry | undefined>;
  /**
   * Writes and returns the entry as stored: what was acknowledged is not lost, where `persistent` also not by a crash.
   * Throws `WORLD_MODEL_KEY_INVALID`, `_VALUE_INVALID`, `_FULL`, `_CONFLICT`, `_SUPERSEDED`, `_UNWRITABLE`, and `_UNREACHABLE`
   * where only another node can decide and it cannot be asked.
   */
  observe(observation: WorldObservation): Promise<WorldEntry>;
  /** Removes the entry; `false` where there was none. Throws like `observe`. */
  forget(key: string, options: WorldForgetting): Promise<boolean>;
  /** All entries whose key is `prefix` or lies below it; the empty prefix means all. */
  snapshot(prefix?: string): Promise<WorldSnapshot>;
  /**
   * Changes at or below `prefix`, in order, from the call on or from after revision `after`. A reader more than 1,024
   * changes of the store behind, or ahead of it, gets one `reset` instead of what it missed, then goes on from there.
   * Ends by leaving, or with the reason of an aborted `signal`.
   */
  watch(
    prefix: string,
    options?: { readonly after?: number | undefined; readonly signal?: AbortSignal | undefined },
  ): AsyncIterable<WorldChange>;
  /**
   * What has changed at or below `prefix` after revision `after` (default: as far back as is known), at most `limit` (default
   * and most 1,000) records: go on after the last one's revision. At least the latest 1,024 changes are known.
   */
  history(
    prefix: string,
    options?: { readonly after?: number | undefined; readonly limit?: number | undefined },
  ): Promise<WorldHistory>;
}

export const WorldModel = defineCapability<WorldModel>()({
  id: 'world-model',
  version: '1.1.0',
  methods: {
    get: 'unary',
    observe: 'unary',
    forget: 'unary',
    snapshot: 'unary',
    watch: 'stream-out',
    history: 'unary',
  },
});
