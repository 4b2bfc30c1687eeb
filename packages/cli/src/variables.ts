import { parseFlag } from '@tiercel/kernel';
import { CliError } from './errors.js';
import type { Terminal } from './terminal.js';

type Environment = Terminal['environment'];

/** Timers count no further, which is 24 days. */
const MAX_MS = 2 ** 31 - 1;

/** A whole number of milliseconds; empty counts as not set. */
export function millisecondsOf(environment: Environment, variable: string, otherwise: number): number {
  const value = environment[variable]?.trim();
  if (!value) return otherwise;
  if (/^\d{1,10}$/.test(value) && Number(value) > 0 && Number(value) <= MAX_MS) return Number(value);
  throw wrong(variable, value, 'a whole number of milliseconds, such as 60000');
}

export function flagOf(environment: Environment, variable: string): boolean {
  const value = environment[variable];
  const flag = parseFlag(value);
  if (flag === undefined) throw wrong(variable, value, 'true or false');
  return flag;
}

function wrong(variable: string, value: string | undefined, expected: string): Error {
  return new CliError('CLI_VARIABLE_WRONG', { variable, value: value ?? '', expected });
}
