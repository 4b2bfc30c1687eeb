/** Limits that every world model keeps. */
export const worldLimits = {
  entries: 100_000,
  /** Keys and values together, as JSON. */
  totalBytes: 256 * 1024 * 1024,
  keyBytes: 200,
  keySegments: 8,
  valueBytes: 65_536,
  valueDepth: 8,
  /** Changes that a reader of `watch` may be behind before it gets a `reset`. */
  changes: 1_024,
  /** Records that one call of `history` returns. */
  historyRecords: 1_000,
  /** A clock that is further ahead is not believed. */
  aheadMs: 5 * 60_000,
  /** How long, and for how many keys, it is remembered that an entry was forgotten. */
  tombstoneMs: 7 * 86_400_000,
  tombstones: 100_000,
} as const;
