import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import type SqliteDatabase from 'libsql';
import { DatabaseError } from '../errors.js';
import { checkParameters, countParameters } from './check-parameters.js';
import { moveAside } from './move-aside.js';
import type { SqliteRow, SqliteValue } from './sqlite-value.js';
import { toDatabaseError } from './to-database-error.js';

const BUSY_TIMEOUT_MS = 250;
const JOURNAL_BYTES = 16 * 1024 * 1024;
const MAX_STATEMENTS = 256;

export interface DatabaseOptions {
  /** Created with its folders where it is missing. Never on a network file system. */
  readonly file: string;
  /** SQL that brings an empty database to form 1, form 1 to form 2, and so on. Only ever append. Tables are STRICT. */
  readonly migrations: readonly string[];
  /** Tells files of this kind from all others; a whole number from 1 to 2^31 - 1. */
  readonly applicationId: number;
}

interface Statement {
  readonly native: SqliteDatabase.Statement;
  readonly parameters: number;
}

/**
 * One SQLite file that one process has for itself, over one connection. Everything is synchronous; a commit returns when it
 * is on the disk. Throws `DatabaseError` only.
 */
export class Database implements Disposable {
  readonly file: string;
  /** Where a damaged file went that was found in place of this one. */
  readonly movedAside: string | undefined;
  readonly #native: SqliteDatabase.Database;
  readonly #statements = new Map<string, Statement>();
  #isOpen = true;

  /**
   * Opens, checks and migrates `file`. One that is damaged is moved aside, and a new one begun. Throws `DATABASE_LOCKED`,
   * `_UNOPENABLE`, `_UNWRITABLE`, `_NEWER`, `_FOREIGN` and `_MIGRATION_FAILED`; then the file is as it was.
   */
  static async open(options: DatabaseOptions): Promise<Database> {
    const { default: Native } = await import('libsql');
    const { file } = options;
    createFile(file);
    const openOnce = (movedAside?: string) => {
      const database = new Database(connect(Native, file), file, movedAside);
      try {
        database.#prepareFile(options);
        return database;
      } catch (error) {
        database.close();
        throw error;
      }
    };
    try {
      return openOnce();
    } catch (error) {
      if (!(error instanceof DatabaseError && error.code === 'DATABASE_DAMAGED')) throw error;
      const movedAside = moveAside(file);
      createFile(file);
      return openOnce(movedAside);
    }
  }

  private constructor(native: SqliteDatabase.Database, file: string, movedAside: string | undefined) {
    this.#native = native;
    this.file = file;
    this.movedAside = movedAside;
  }

  /** Returns the number of rows that it changed. */
  run(sql: string, parameters: readonly SqliteValue[] = []): number {
    const { native } = this.#statement(sql, parameters);
    return this.#attempt(() => native.run(parameters).changes);
  }

  get(sql: string, parameters: readonly SqliteValue[] = []): SqliteRow | undefined {
    return this.all(sql, parameters)[0];
  }

  /** All rows at once: page through large results by their key. */
  all(sql: string, parameters: readonly SqliteValue[] = []): readonly SqliteRow[] {
    const { native } = this.#statement(sql, parameters);
    // Rows have the columns only, as numbers, text or null: tables hold no blobs.
    return this.#attempt(() => native.all(parameters) as readonly SqliteRow[]);
  }

  /** Everything that `work` writes is kept, or, where it or the disk fails, nothing. `work` must not wait. */
  transaction<T>(work: () => T): T {
    this.run('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.run('COMMIT');
      return result;
    } catch (error) {
      // A full disk has ended the transaction already.
      if (this.#native.inTransaction) this.run('ROLLBACK');
      throw error;
    }
  }

  /** Moves what was committed from the log into the file, and shortens the log. */
  checkpoint(): void {
    this.all('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /** A copy of this database as one file, which must not exist yet. */
  copyTo(file: string): void {
    this.run('VACUUM INTO ?', [file]);
  }

  /** Closing twice does nothing more. */
  close(): void {
    if (!this.#isOpen) return;
    try {
      // Statements live on until they are collected, and the lock with them, unless it is given back like this.
      this.all('PRAGMA journal_mode=DELETE');
      this.all('PRAGMA locking_mode=NORMAL');
      this.all('SELECT count(*) FROM sqlite_schema');
    } catch {
      // A disk that is full leaves the log where it is: the next one to open the file reads it.
    }
    this.#isOpen = false;
    this.#statements.clear();
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #prepareFile({ migrations, applicationId }: DatabaseOptions): void {
    for (const setting of [
      `busy_timeout=${BUSY_TIMEOUT_MS}`,
      // Before the log is first used: then nobody else can open the file, and no memory is shared.
      'locking_mode=EXCLUSIVE',
      'journal_mode=WAL',
      'synchronous=FULL',
      'foreign_keys=ON',
      `journal_size_limit=${JOURNAL_BYTES}`,
    ]) {
      this.#pragma(setting);
    }
    const check = this.get('PRAGMA quick_check(1)')?.quick_check;
    if (check !== 'ok')
      throw new DatabaseError('DATABASE_DAMAGED', { file: this.file, finding: String(check) });
    this.#migrate(migrations, applicationId);
  }

  #migrate(migrations: readonly string[], applicationId: number): void {
    const { file } = this;
    const version = Number(this.#pragma('user_version'));
    const owner = Number(this.#pragma('application_id'));
    const isNew = this.get('SELECT 1 AS found FROM sqlite_schema LIMIT 1') === undefined;
    if (!isNew && owner !== applicationId) throw new DatabaseError('DATABASE_FOREIGN', { file });
    if (version > migrations.length) {
      throw new DatabaseError('DATABASE_NEWER', { file, version, knownVersion: migrations.length });
    }
    if (version === migrations.length) return;
    try {
      this.transaction(() => {
        for (const sql of migrations.slice(version)) this.#attempt(() => this.#native.exec(sql));
        this.#pragma(`user_version=${migrations.length}`);
        this.#pragma(`application_id=${applicationId}`);
      });
    } catch (error) {
      if (error instanceof DatabaseError && error.code === 'DATABASE_UNWRITABLE') throw error;
      const finding = error instanceof Error ? error.message : String(error);
      throw new DatabaseError(
        'DATABASE_MIGRATION_FAILED',
        { file, version: migrations.length, finding },
        { cause: error },
      );
    }
  }

  /** Sets or reads a setting; some of them answer when they are set, some do not. */
  #pragma(setting: string): unknown {
    return this.#attempt(() => {
      const statement = this.#native.prepare(`PRAGMA ${setting}`);
      if (!statement.reader) return void statement.run([]);
      const [row] = statement.all([]) as readonly SqliteRow[];
      return row && Object.values(row)[0];
    });
  }

  #statement(sql: string, parameters: readonly SqliteValue[]): Statement {
    if (!this.#isOpen) throw new DatabaseError('DATABASE_CLOSED', { file: this.file });
    const statement = this.#statements.get(sql) ?? this.#compile(sql);
    checkParameters(parameters, statement.parameters);
    return statement;
  }

  #compile(sql: string): Statement {
    const statement = {
      native: this.#attempt(() => this.#native.prepare(sql)),
      parameters: countParameters(sql),
    };
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw toDatabaseError(error, this.file);
    }
  }
}

/** For its owner only; SQLite gives its other files the same permissions. */
function createFile(file: string): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    closeSync(openSync(file, 'a', 0o600));
  } catch (error) {
    throw unopenable(file, error);
  }
}

function connect(Native: typeof SqliteDatabase, file: string): SqliteDatabase.Database {
  try {
    return new Native(file);
  } catch (error) {
    throw unopenable(file, error);
  }
}

function unopenable(file: string, error: unknown): Error {
  const finding = error instanceof Error ? error.message : String(error);
  return new DatabaseError('DATABASE_UNOPENABLE', { file, finding }, { cause: error });
}
