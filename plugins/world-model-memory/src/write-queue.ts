import { WorldModelError } from '@tiercel/capabilities/world-model';
import { DatabaseError } from '@tiercel/world';
import type { WorldDraft } from './world-draft.js';

/** Changes in one commit. */
const BATCH = 1_024;
/** Changes that may wait. They are decided within a turn or two of the event loop. */
const MAX_WAITING = 65_536;

interface Waiting {
  decide(draft: WorldDraft): void;
  settle(): void;
  refuse(error: unknown): void;
}

/**
 * Commits together what was asked for in one turn of the event loop, in that order: one write to the disk serves them all.
 * Whoever asked hears of it after that.
 */
export class WriteQueue {
  readonly #commit: (decide: (draft: WorldDraft) => void) => void;
  readonly #onWritable: (finding: string | undefined) => void;
  #waiting: Waiting[] = [];
  #next: NodeJS.Immediate | undefined;

  constructor(
    commit: (decide: (draft: WorldDraft) => void) => void,
    onWritable: (finding: string | undefined) => void = () => undefined,
  ) {
    this.#commit = commit;
    this.#onWritable = onWritable;
  }

  add<T>(decide: (draft: WorldDraft) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= MAX_WAITING) {
        const finding = `${MAX_WAITING} changes wait already`;
        reject(new WorldModelError('WORLD_MODEL_UNWRITABLE', { finding }));
        return;
      }
      let settle: () => void;
      this.#waiting.push({
        decide: (draft) => {
          try {
            const result = decide(draft);
            settle = () => resolve(result);
          } catch (error) {
            settle = () => reject(error);
          }
        },
        settle: () => settle(),
        refuse: reject,
      });
      this.#next ??= setImmediate(() => this.#commitNext());
    });
  }

  /** Commits what waits; after that everything is refused by what it writes to. */
  close(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
    while (this.#waiting.length > 0) this.#commitNext();
  }

  #commitNext(): void {
    clearImmediate(this.#next);
    const batch = this.#waiting.splice(0, BATCH);
    this.#next = this.#waiting.length > 0 ? setImmediate(() => this.#commitNext()) : undefined;
    try {
      this.#commit((draft) => {
        for (const { decide } of batch) decide(draft);
      });
    } catch (error) {
      // Also those that would have been refused: it was in sight of changes that are not made.
      const finding = error instanceof DatabaseError ? findingOf(error) : 'the change could not be stored';
      this.#onWritable(finding);
      for (const { refuse } of batch) {
        refuse(new WorldModelError('WORLD_MODEL_UNWRITABLE', { finding }, { cause: error }));
      }
      return;
    }
    this.#onWritable(undefined);
    for (const { settle } of batch) settle();
  }
}

/** Without its last sentence, which says what to do for the database. */
function findingOf({ message }: Error): string {
  const end = message.indexOf('. ');
  return end === -1 ? message : message.slice(0, end);
}
