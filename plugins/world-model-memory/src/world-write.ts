import type { WorldEntry, WorldRecord, WorldStamp } from '@tiercel/capabilities/world-model';

/** A change that is decided, and not made yet. */
export interface WorldWrite {
  readonly key: string;
  readonly stamp: WorldStamp;
  /** What the key has afterwards; nothing where it was forgotten. */
  readonly entry: WorldEntry | undefined;
  /** Value of `entry` as JSON. */
  readonly json: string | undefined;
  /** Nothing where there was no entry to forget: then only the time of forgetting is remembered. */
  readonly record: WorldRecord | undefined;
}
