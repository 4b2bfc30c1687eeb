import type { WorldRecord } from '@tiercel/capabilities/world-model';
import type { WorldWrite } from './world-write.js';

/** Where changes go before they are acknowledged. */
export interface Journal {
  /** Changes up to this revision are no longer here. */
  readonly forgottenUpTo: number;
  /** All of them are on the disk when it returns; where it throws, none. */
  commit(writes: readonly WorldWrite[]): void;
  /** What follows a revision, oldest first, at most `limit`. */
  read(after: number, limit: number): readonly WorldRecord[];
}
