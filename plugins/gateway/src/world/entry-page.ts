import type { WorldEntry, WorldSnapshot } from '@tiercel/capabilities/world-model';

import { endOfPiece } from './end-of-piece.js';

/** So much is made into JSON at once. */
export const ANSWER_CHARACTERS = 4 * 2 ** 20;

export interface EntryPage {
  readonly epoch: string;
  /** Of the whole store. Whoever reads several pages watches from the revision of the first. */
  readonly revision: number;
  readonly entries: readonly WorldEntry[];
  /** Key after which the next page begins; left out on the last. */
  readonly next?: string;
}

/** At most `limit` entries whose keys come after `after`, fewer where they are large. */
export function pageOf(
  { epoch, revision, entries }: WorldSnapshot,
  { after, limit }: { readonly after: string; readonly limit: number },
): EntryPage {
  const start = firstAfter(entries, after);
  const end = endOfPiece(entries, start, { count: limit, characters: ANSWER_CHARACTERS });
  const page = entries.slice(start, end);
  const next = end < entries.length ? page.at(-1)?.key : undefined;
  return { epoch, revision, entries: page, ...(next !== undefined && { next }) };
}

function firstAfter(entries: readonly WorldEntry[], after: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.key ?? '') <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
