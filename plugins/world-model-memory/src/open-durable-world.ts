import type { Clock } from '@tiercel/capabilities/clock';
import { MemoryWorldModel } from './memory-world-model.js';
import { SqliteJournal, type SqliteJournalOptions } from './sqlite-journal.js';
import { Upkeep } from './upkeep.js';
import type { WorldBounds } from './world-draft.js';

export interface DurableWorldOptions extends SqliteJournalOptions, WorldBounds {
  /** Is told when changes cannot be kept, why, and when they can again. */
  readonly onWritable: (finding: string | undefined) => void;
  /** Is told how many entries there are, at first and whenever that changes. */
  readonly onSize?: (entries: number) => void;
}

export interface DurableWorld extends AsyncDisposable {
  readonly world: MemoryWorldModel;
  readonly journal: SqliteJournal;
}

/** A world model that outlives its process, with what keeps its file in order. */
export async function openDurableWorld(
  clock: Clock,
  { onWritable, onSize = () => undefined, maxEntries, maxBytes, ...options }: DurableWorldOptions,
  signal?: AbortSignal,
): Promise<DurableWorld> {
  const journal = await SqliteJournal.open(clock, options);
  try {
    const { state, latestHlc } = await journal.load(signal);
    const upkeep = new Upkeep(clock, journal, onWritable);
    const world = new MemoryWorldModel(clock, {
      state,
      journal,
      latestHlc,
      maxEntries,
      maxBytes,
      onSize,
      onWritable: (finding) => upkeep.tell(finding),
    });
    return {
      world,
      journal,
      [Symbol.asyncDispose]: async () => {
        await world[Symbol.asyncDispose]();
        await upkeep[Symbol.asyncDispose]();
        journal.close();
      },
    };
  } catch (error) {
    journal.close();
    throw error;
  }
}
