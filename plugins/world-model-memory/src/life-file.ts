import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { DatabaseError } from '@tiercel/world';

/** What stands beside a database: which lives of it may be gone on with. */
export interface Life {
  /** Ids of its latest lives. */
  readonly lives: readonly string[];
  /** It has been at this revision, so one that is behind is a copy of earlier. */
  readonly revision: number;
}

/** `FILE.life`. A database that does not fit it was restored or copied, and begins a new epoch. */
export class LifeFile {
  readonly file: string;

  constructor(databaseFile: string) {
    this.file = `${databaseFile}.life`;
  }

  /** Nothing where it is missing or broken. */
  read(): Life | undefined {
    try {
      const life: unknown = JSON.parse(readFileSync(this.file, 'utf8'));
      return isLife(life) ? life : undefined;
    } catch {
      return undefined;
    }
  }

  write(life: Life): void {
    const { file } = this;
    try {
      const handle = openSync(`${file}.new`, 'w', 0o600);
      try {
        writeSync(handle, JSON.stringify(life));
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      renameSync(`${file}.new`, file);
    } catch (error) {
      const finding = error instanceof Error ? error.message : String(error);
      throw new DatabaseError('DATABASE_UNWRITABLE', { file, finding }, { cause: error });
    }
  }
}

function isLife(life: unknown): life is Life {
  if (typeof life !== 'object' || life === null) return false;
  const { lives, revision } = life as Partial<Life>;
  return Array.isArray(lives) && Number.isSafeInteger(revision);
}
