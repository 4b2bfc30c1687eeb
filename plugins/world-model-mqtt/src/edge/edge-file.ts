import { randomUUID } from 'node:crypto';
import { type WorldEntry, WorldModelError } from '@tiercel/capabilities/world-model';
import { Database } from '@tiercel/world';
import {
  formatEnvelope,
  type ObserveEnvelope,
  parseObserve,
  parseState,
  type StateEnvelope,
  stateOf,
} from '../wire/envelope.js';
import type { OutboxBatch, OutboxFile } from './outbox.js';

const migrations = [
  `CREATE TABLE outbox (key TEXT PRIMARY KEY, id TEXT NOT NULL, hlc TEXT NOT NULL, envelope TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE state (key TEXT PRIMARY KEY, envelope TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
];

/** Of files like this one. */
const APPLICATION_ID = 0x74_63_6f_62;

/** What an earlier life has left. */
export interface EdgeContents {
  readonly epoch: string;
  readonly states: readonly StateEnvelope[];
  /** Oldest first. */
  readonly outbox: readonly ObserveEnvelope[];
  /** Rows that could not be read, and were left out. */
  readonly unreadable: number;
}

/** What an edge keeps on disk: its outbox, and the last copy of the world model. For one process at a time. */
export class EdgeFile implements OutboxFile, Disposable {
  readonly #database: Database;
  readonly #boot: string;

  /** Throws `DATABASE_LOCKED` where another process has it. */
  static async open(file: string, boot: string): Promise<EdgeFile> {
    return new EdgeFile(await Database.open({ file, migrations, applicationId: APPLICATION_ID }), boot);
  }

  private constructor(database: Database, boot: string) {
    this.#database = database;
    this.#boot = boot;
  }

  get path(): string {
    return this.#database.file;
  }

  /** Where a damaged file went that was found in place of this one. */
  get movedAside(): string | undefined {
    return this.#database.movedAside;
  }

  read(): EdgeContents {
    const states: StateEnvelope[] = [];
    const outbox: ObserveEnvelope[] = [];
    let unreadable = 0;
    for (const { envelope } of this.#database.all('SELECT envelope FROM state')) {
      const state = parseState(Buffer.from(String(envelope)));
      if (state.ok) states.push(state.value);
      else unreadable += 1;
    }
    for (const { envelope } of this.#database.all('SELECT envelope FROM outbox ORDER BY hlc')) {
      const change = parseObserve(Buffer.from(String(envelope)));
      if (change.ok) outbox.push(change.value);
      else unreadable += 1;
    }
    const epoch = this.#database.get("SELECT value FROM fact WHERE name = 'epoch'")?.value;
    return { epoch: typeof epoch === 'string' ? epoch : randomUUID(), states, outbox, unreadable };
  }

  writeOutbox({ puts, removals }: OutboxBatch): void {
    this.#write((database) => {
      for (const { key, id } of removals) {
        database.run('DELETE FROM outbox WHERE key = ? AND id = ?', [key, id]);
      }
      for (const change of puts) {
        const row = [change.key, change.id, change.hlc, formatEnvelope(change)];
        database.run('INSERT OR REPLACE INTO outbox (key, id, hlc, envelope) VALUES (?, ?, ?, ?)', row);
      }
    });
  }

  /** Nothing of the copy counts any more. */
  startCopy(epoch: string): void {
    this.#write((database) => {
      database.run('DELETE FROM state');
      database.run("INSERT OR REPLACE INTO fact (name, value) VALUES ('epoch', ?)", [epoch]);
    });
  }

  /** What the core has told of some keys; undefined where it has none. */
  writeCopy(truths: ReadonlyMap<string, WorldEntry | undefined>): void {
    this.#write((database) => {
      for (const [key, entry] of truths) {
        if (!entry) database.run('DELETE FROM state WHERE key = ?', [key]);
        else {
          const envelope = formatEnvelope(stateOf({ type: 'entry-put', entry }, this.#boot));
          database.run('INSERT OR REPLACE INTO state (key, envelope) VALUES (?, ?)', [key, envelope]);
        }
      }
    });
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]();
  }

  #write(work: (database: Database) => void): void {
    try {
      this.#database.transaction(() => work(this.#database));
    } catch (cause) {
      const finding = cause instanceof Error ? cause.message : String(cause);
      throw new WorldModelError('WORLD_MODEL_UNWRITABLE', { finding: finding.replace(/\.$/, '') }, { cause });
    }
  }
}
