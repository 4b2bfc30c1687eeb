import { DatabaseError } from '../errors.js';
import type { SqliteValue } from './sqlite-value.js';

/** Question marks outside quotes and comments. */
export function countParameters(sql: string): number {
  const bare = sql.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
  return bare.match(/\?/g)?.length ?? 0;
}

/**
 * Throws `DATABASE_PARAMETERS_INVALID` for what libsql 0.5 would end the process over (booleans, buffers), or change
 * silently: too many or too few, text behind NUL, NaN, bigints that are rounded when they are read.
 */
export function checkParameters(parameters: readonly SqliteValue[], expected: number): void {
  if (!Array.isArray(parameters)) throw refuse('they are not an array');
  if (parameters.length !== expected) throw refuse(`there are ${parameters.length} for ${expected}`);
  // Not forEach, which leaves out holes.
  for (let place = 0; place < expected; place++) {
    const finding = findInValue(parameters[place]);
    if (finding !== undefined) throw refuse(`number ${place + 1} ${finding}`);
  }
}

function findInValue(value: unknown): string | undefined {
  if (value === null) return undefined;
  switch (typeof value) {
    case 'string':
      return value.includes('\0') ? 'has a NUL in it' : undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : 'is not a finite number';
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? undefined : 'is beyond 2^53';
    default:
      return `is of type ${typeof value}`;
  }
}

function refuse(finding: string): Error {
  return new DatabaseError('DATABASE_PARAMETERS_INVALID', { finding });
}
