import path from 'node:path';
import { SshError } from './errors.js';

const LONGEST_PATH = 1_024;

export type Side = 'local' | 'remote';

/** A path that, read word by word, stays below its folder: where it leads through links is not known yet. */
export function checkRelative(side: Side, relative: unknown): string {
  const refuse = (finding: string) => refusedPath(side, finding);
  if (typeof relative !== 'string' || relative === '') throw refuse('it is empty');
  if (relative.length > LONGEST_PATH) throw refuse(`it has more than ${LONGEST_PATH} characters`);
  if (/[\p{Cc}\p{Cs}\\]/u.test(relative)) throw refuse('it has control characters or backslashes');
  if (relative.startsWith('/') || /^[A-Za-z]:/.test(relative)) throw refuse('it is absolute');
  if (relative.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw refuse('it has empty parts, "." or ".."');
  return relative;
}

/** Whether a path without links is inside a folder without links. `rules` are those of the machine that they are on. */
export function isInside(folder: string, file: string, rules: path.PlatformPath = path.posix): boolean {
  const way = rules.relative(folder, file);
  return way !== '' && way !== '..' && !way.startsWith(`..${rules.sep}`) && !rules.isAbsolute(way);
}

export function refusedPath(side: Side, finding: string): Error {
  return new SshError('SSH_PATH_REFUSED', { side, finding });
}
