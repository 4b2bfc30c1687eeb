import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@tiercel/capabilities/clock';
import { type WorldRecord, worldLimits } from '@tiercel/capabilities/world-model';
import { Database, DatabaseError, type SqliteRow } from '@tiercel/world';
import type { Journal } from './journal.js';
import { applicationId, migrations } from './journal-migrations.js';
import { LifeFile } from './life-file.js';
import { entryOf, recordOf } from './world-rows.js';
import { WorldState } from './world-state.js';
import type { WorldWrite } from './world-write.js';

/** Rows that are read, or removed, before others get a turn. */
const PAGE = 2_000;

export interface SqliteJournalOptions {
  readonly file: string;
  readonly historyMs: number;
  /** Changes that are remembered at most. */
  readonly historyChanges: number;
}

interface Store {
  readonly epoch: string;
  readonly life: string;
  readonly revision: number;
  readonly forgottenUpTo: number;
}

/** A world model in SQLite: its entries, when others were forgotten, and its history. */
export class SqliteJournal implements Journal, Disposable {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #options: SqliteJournalOptions;
  readonly #lifeFile: LifeFile;
  readonly #epoch: string;
  /** Whether this database is not the one that was here before: it is new, or was restored from a copy. */
  readonly hasNewEpoch: boolean;
  #life: string;
  #revision: number;
  #forgottenUpTo: number;
  /** As of the last checkpoint. */
  #notedRevision = -1;

  /** Opens the database, and takes it into the next of its lives. Throws `DatabaseError`. */
  static async open(clock: Clock, options: SqliteJournalOptions): Promise<SqliteJournal> {
    const { file } = options;
    const database = await Database.open({ file, migrations, applicationId });
    try {
      return new SqliteJournal(database, clock, options);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  private constructor(database: Database, clock: Clock, options: SqliteJournalOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#options = options;
    this.#lifeFile = new LifeFile(options.file);
    const store = readStore(database);
    const beside = this.#lifeFile.read();
    const isKnown = store !== undefined && beside?.lives.includes(store.life) === true;
    this.hasNewEpoch = !(isKnown && store.revision >= beside.revision);
    this.#epoch = store && !this.hasNewEpoch ? store.epoch : randomUUID();
    this.#life = store?.life ?? '';
    this.#revision = store?.revision ?? 0;
    this.#forgottenUpTo = store && !this.hasNewEpoch ? store.forgottenUpTo : this.#revision;
    this.#beginLife();
  }

  get file(): string {
    return this.#database.file;
  }

  get epoch(): string {
    return this.#epoch;
  }

  get revision(): number {
    return this.#revision;
  }

  get forgottenUpTo(): number {
    return this.#forgottenUpTo;
  }

  /** Where a damaged database went that was found in place of this one. */
  get movedAside(): string | undefined {
    return this.#database.movedAside;
  }

  /** All that is known, and the latest hybrid time in it. */
  async load(signal?: AbortSignal): Promise<{ readonly state: WorldState; readonly latestHlc?: string }> {
    const state = new WorldState({ epoch: this.#epoch, revision: this.#revision });
    let latestHlc = '';
    for await (const row of this.#page('SELECT * FROM entry WHERE key > ? ORDER BY key LIMIT ?', signal)) {
      const entry = entryOf(row, this.#epoch);
      if (entry.hlc > latestHlc) latestHlc = entry.hlc;
      state.load(entry, String(row.value));
    }
    const epochMs = this.#clock.epochMs();
    for await (const row of this.#page(
      'SELECT * FROM tombstone WHERE key > ? ORDER BY key LIMIT ?',
      signal,
    )) {
      const hlc = String(row.hlc);
      if (hlc > latestHlc) latestHlc = hlc;
      state.loadTombstone(String(row.key), { hlc, timeMs: Number(row.time_ms) }, epochMs);
    }
    return { state, ...(latestHlc !== '' && { latestHlc }) };
  }

  commit(writes: readonly WorldWrite[]): void {
    const keptMs = this.#clock.epochMs();
    let revision = this.#revision;
    this.#database.transaction(() => {
      for (const write of writes) {
        this.#keep(write);
        const { record } = write;
        if (!record) continue;
        revision = this.#keepChange(write, record, keptMs);
      }
      this.#database.run('UPDATE store SET revision = ?', [revision]);
    });
    this.#revision = revision;
  }

  read(after: number, limit: number): readonly WorldRecord[] {
    return this.#database
      .all('SELECT * FROM change WHERE revision > ? ORDER BY revision LIMIT ?', [after, limit])
      .map((row) => recordOf(row, this.#epoch));
  }

  /** Forgets some of what is too old or too much. Returns whether there is more of it. */
  compact(): boolean {
    const upTo = Math.min(this.#endOfHistory(), this.#forgottenUpTo + PAGE);
    if (upTo <= this.#forgottenUpTo) return false;
    this.#database.transaction(() => {
      this.#database.run('DELETE FROM change WHERE revision <= ?', [upTo]);
      this.#database.run('UPDATE store SET forgotten_up_to = ?', [upTo]);
    });
    this.#forgottenUpTo = upTo;
    return upTo < this.#endOfHistory();
  }

  /** Moves the log into the file, drops tombstones that are over, and notes how far the store has come. */
  checkpoint(): void {
    // A store that rests wears out no disk.
    if (this.#notedRevision === this.#revision) return;
    const overMs = this.#clock.epochMs() - worldLimits.tombstoneMs;
    this.#database.run('DELETE FROM tombstone WHERE time_ms <= ?', [overMs]);
    this.#database.run(
      'DELETE FROM tombstone WHERE key IN (SELECT key FROM tombstone ORDER BY time_ms DESC LIMIT -1 OFFSET ?)',
      [worldLimits.tombstones],
    );
    this.#database.checkpoint();
    this.#lifeFile.write({ lives: [this.#life], revision: this.#revision });
    this.#notedRevision = this.#revision;
  }

  /** Throws where nothing can be written now. */
  probe(): void {
    this.#database.run('UPDATE store SET life = ?', [this.#life]);
  }

  close(): void {
    try {
      // A copy that was made while this process ran is told from what it left.
      this.#beginLife();
    } catch (error) {
      // On a disk that is full, the life that was goes on.
      if (!(error instanceof DatabaseError)) throw error;
    }
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The file beside names both lives until the database has the new one. */
  #beginLife(): void {
    const life = randomUUID();
    const revision = this.#revision;
    this.#lifeFile.write({ lives: [this.#life, life], revision });
    this.#database.transaction(() => {
      if (this.#forgottenUpTo === revision) this.#database.run('DELETE FROM change');
      this.#database.run('INSERT OR REPLACE INTO store VALUES (1, ?, ?, ?, ?)', [
        this.#epoch,
        life,
        revision,
        this.#forgottenUpTo,
      ]);
    });
    this.#life = life;
    this.#lifeFile.write({ lives: [life], revision });
  }

  #keep({ key, stamp: { hlc, timeMs }, entry, json }: WorldWrite): void {
    const database = this.#database;
    if (!entry) {
      database.run('DELETE FROM entry WHERE key = ?', [key]);
      database.run('INSERT OR REPLACE INTO tombstone VALUES (?, ?, ?)', [key, hlc, timeMs]);
      return;
    }
    const { revision, origin, ttlMs = null } = entry;
    database.run('INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)', [
      key,
      json ?? null,
      revision,
      JSON.stringify(origin),
      timeMs,
      hlc,
      ttlMs,
    ]);
    database.run('DELETE FROM tombstone WHERE key = ?', [key]);
  }

  #keepChange({ key, json }: WorldWrite, record: WorldRecord, keptMs: number): number {
    const { revision, origin, timeMs, hlc } = record.type === 'entry-put' ? record.entry : record;
    const ttlMs = record.type === 'entry-put' ? (record.entry.ttlMs ?? null) : null;
    this.#database.run('INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?, ?)', [
      revision,
      key,
      json ?? null,
      JSON.stringify(origin),
      timeMs,
      hlc,
      ttlMs,
      keptMs,
    ]);
    return revision;
  }

  /** Up to this revision the history is to be forgotten; the latest changes stay, however old they are. */
  #endOfHistory(): number {
    const { historyMs, historyChanges } = this.#options;
    const oldestMs = this.#clock.epochMs() - historyMs;
    const first = this.#database.get(
      'SELECT revision FROM change WHERE kept_ms >= ? ORDER BY revision LIMIT 1',
      [oldestMs],
    );
    const byTime = first ? Number(first.revision) - 1 : this.#revision;
    const byCount = this.#revision - historyChanges;
    return Math.min(Math.max(byTime, byCount), this.#revision - worldLimits.changes);
  }

  async *#page(sql: string, signal?: AbortSignal): AsyncGenerator<SqliteRow> {
    for (let key = ''; ; ) {
      const rows = this.#database.all(sql, [key, PAGE]);
      yield* rows;
      const last = rows.at(-1);
      if (!last) return;
      key = String(last.key);
      await nextTurn(undefined, { signal });
    }
  }
}

function readStore(database: Database): Store | undefined {
  const row = database.get('SELECT * FROM store');
  return (
    row && {
      epoch: String(row.epoch),
      life: String(row.life),
      revision: Number(row.revision),
      forgottenUpTo: Number(row.forgotten_up_to),
    }
  );
}
