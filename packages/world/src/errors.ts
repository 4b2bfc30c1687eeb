import { defineErrors } from '@tiercel/kernel';

/** What can be wrong with a database file. No text holds a value that was written. */
export const DatabaseError = defineErrors('DatabaseError', {
  DATABASE_UNOPENABLE: (d: { file: string; finding: string }) =>
    `Database ${d.file} cannot be opened: ${d.finding}. Name a file in a folder on a local disk that this user may write to.`,
  DATABASE_LOCKED: (d: { file: string }) =>
    `Database ${d.file} is in use by another process or node. One node has a database for itself: end the other one, or name another file.`,
  DATABASE_NEWER: (d: { file: string; version: number; knownVersion: number }) =>
    `Database ${d.file} was written by a later release (its form is ${d.version}, this release knows ${d.knownVersion}). Use that release, or name another file.`,
  DATABASE_FOREIGN: (d: { file: string }) =>
    `Database ${d.file} belongs to another program or another plugin. Name another file.`,
  DATABASE_MIGRATION_FAILED: (d: { file: string; version: number; finding: string }) =>
    `Database ${d.file} could not be brought to form ${d.version}: ${d.finding}. It is as it was before; use the release that wrote it, and report this.`,
  DATABASE_DAMAGED: (d: { file: string; finding: string }) =>
    `Database ${d.file} is damaged: ${d.finding}. Start again: it is then moved aside, and a new one begun.`,
  DATABASE_UNWRITABLE: (d: { file: string; finding: string }) =>
    `Database ${d.file} cannot be written: ${d.finding}. Nothing of this change was kept; free disk space or mend permissions, and repeat it.`,
  DATABASE_STATEMENT_REFUSED: (d: { file: string; finding: string }) =>
    `A statement for database ${d.file} was refused: ${d.finding}. Nothing of it was kept; report this.`,
  DATABASE_PARAMETERS_INVALID: (d: { finding: string }) =>
    `The parameters of a statement cannot be used: ${d.finding}. Give text without NUL, finite numbers, bigints up to 2^53 or null, as many as there are question marks.`,
  DATABASE_CLOSED: (d: { file: string }) =>
    `Database ${d.file} is closed. Use it before its owner closes it.`,
});
