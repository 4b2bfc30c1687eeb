import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@tiercel/capabilities/clock';
import type { SqliteJournal } from './sqlite-journal.js';

const PERIOD_MS = 60_000;
const RETRY_MS = 5_000;

/** Keeps a journal small, and looks whether it can be written again where it could not. */
export class Upkeep implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #journal: SqliteJournal;
  readonly #onWritable: (finding: string | undefined) => void;
  readonly #running: Promise<void>;
  #wait = new AbortController();
  #isFailing = false;
  #isClosed = false;

  constructor(clock: Clock, journal: SqliteJournal, onWritable: (finding: string | undefined) => void) {
    this.#clock = clock;
    this.#journal = journal;
    this.#onWritable = onWritable;
    this.#running = this.#run();
  }

  /** What others have found out. */
  tell(finding: string | undefined): void {
    const isFailing = finding !== undefined;
    if (isFailing === this.#isFailing) return;
    this.#isFailing = isFailing;
    this.#onWritable(finding);
    this.#wait.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#wait.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      this.#wait = new AbortController();
      const waitMs = this.#isFailing ? RETRY_MS : PERIOD_MS;
      const isOver = await this.#clock.delay(waitMs, { signal: this.#wait.signal }).then(
        () => true,
        // Only its own abort rejects it: something was told, or the journal closes.
        () => false,
      );
      if (isOver) await this.#keepUp();
    }
  }

  async #keepUp(): Promise<void> {
    try {
      if (this.#isFailing) this.#journal.probe();
      while (!this.#isClosed && this.#journal.compact()) await nextTurn();
      if (!this.#isClosed) this.#journal.checkpoint();
      this.tell(undefined);
    } catch (error) {
      this.tell(error instanceof Error ? error.message : String(error));
    }
  }
}
