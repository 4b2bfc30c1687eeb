import { isAtOrBelow, type WorldChange } from '@tiercel/capabilities/world-model';
import { type ChangeLog, keyOf, revisionOf } from '@tiercel/world';
import type { Journal } from './journal.js';

const PAGE = 256;

export interface FollowJournalOptions {
  readonly journal: Journal;
  readonly log: ChangeLog;
  readonly prefix: string;
  /** Older than what the log still has. */
  readonly after: number;
  readonly signal?: AbortSignal | undefined;
}

/** Changes from the journal, and from the log where that takes over. */
export function followJournal(options: FollowJournalOptions): AsyncIterableIterator<WorldChange> {
  const { journal, log, prefix, signal } = options;
  let { after } = options;
  let page: readonly WorldChange[] = [];
  let place = 0;
  let live: AsyncIterableIterator<WorldChange> | undefined;
  let hasLeft = false;

  /** The next one from the journal; nothing where the log takes over. */
  const nextOld = (): WorldChange | undefined => {
    for (;;) {
      const change = page[place];
      place += 1;
      if (change) return change;
      // Also where the journal has forgotten meanwhile what was to come: then the log says `reset`.
      if (after >= log.forgottenUpTo || after < journal.forgottenUpTo) return undefined;
      const records = journal.read(after, PAGE);
      const last = records.at(-1);
      if (!last) return undefined;
      after = revisionOf(last);
      page = records.filter((record) => isAtOrBelow(keyOf(record), prefix));
      place = 0;
    }
  };
  const iterator: AsyncIterableIterator<WorldChange> = {
    next: async () => {
      if (hasLeft) return { done: true, value: undefined };
      signal?.throwIfAborted();
      const old = live ? undefined : nextOld();
      if (old) return { done: false, value: old };
      live ??= log.follow({ prefix, after, signal });
      return await live.next();
    },
    return: async () => {
      hasLeft = true;
      await live?.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
