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
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** The entry disappears this long after `timeMs`, which is a change like any other (`entry-forgotten`). */
  readonly ttlMs?: number;
}

export type WorldChange =
  | { readonly type: 'entry-put'; readonly entry: WorldEntry }
  | {
      readonly type: 'entry-forgotten';
      readonly key: string;
      readonly revision: number;
      readonly epoch: string;
    }
  /** Everything known so far is void (new epoch, or the reader fell behind): take a fresh snapshot. */
  | { readonly type: 'reset'; readonly epoch: string };

export interface WorldObservation {
  readonly key: string;
  readonly value: WorldValue;
  readonly origin: string;
  readonly ttlMs?: number | undefined;
  /** Write only if the entry still has this revision (0: does not exist), else `WORLD_MODEL_CONFLICT`. */
  readonly baseRevision?: number | undefined;
}

export interface WorldSnapshot {
  readonly epoch: string;
  /** Revision of the whole store at this moment; `watch` goes on from it. */
  readonly revision: number;
  /** Sorted by key. */
  readonly entries: readonly WorldEntry[];
}

/** Store of entities and their observed state. At most 100,000 entries of 64 KiB; above it writes are refused, reads go on. */
export interface WorldModel {
  get(key: string): Promise<WorldEntry | undefined>;
  /** Writes and returns the entry as stored. Throws `WORLD_MODEL_KEY_INVALID`, `_VALUE_INVALID`, `_FULL`, `_CONFLICT`. */
  observe(observation: WorldObservation): Promise<WorldEntry>;
  /** Removes the entry; `false` where there was none. */
  forget(key: string, options: { readonly origin: string }): Promise<boolean>;
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
}

export const WorldModel = defineCapability<WorldModel>()({
  id: 'world-model',
  version: '1.0.0',
  methods: { get: 'unary', observe: 'unary', forget: 'unary', snapshot: 'unary', watch: 'stream-out' },
});
