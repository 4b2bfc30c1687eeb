import { DatabaseError } from '../errors.js';

/** Faults of the disk or of permissions: what is written is not kept, what is there can still be read. */
const unwritable = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|NOLFS|PERM)/;
const damaged = /^SQLITE_(CORRUPT|NOTADB)/;
const locked = /^SQLITE_(BUSY|LOCKED)/;

/** An error of SQLite as one of ours. */
export function toDatabaseError(error: unknown, file: string): Error {
  if (error instanceof DatabaseError) return error;
  const { code = '', message = String(error) } = error as { code?: unknown; message?: string };
  const finding = code === '' ? message : `${message} (${code})`;
  const kind = String(code);
  if (locked.test(kind)) return new DatabaseError('DATABASE_LOCKED', { file }, { cause: error });
  if (damaged.test(kind)) return new DatabaseError('DATABASE_DAMAGED', { file, finding }, { cause: error });
  if (unwritable.test(kind))
    return new DatabaseError('DATABASE_UNWRITABLE', { file, finding }, { cause: error });
  return new DatabaseError('DATABASE_STATEMENT_REFUSED', { file, finding }, { cause: error });
}
