import path from 'node:path';
import { FilesError } from './errors.js';

export const MAX_PATH_LENGTH = 1_024;
const MAX_DEPTH = 64;

/** The steps of a path below a folder: none of them leads up, and none is hidden unless that is allowed. */
export function parsePath(
  text: string,
  { showsHidden }: { readonly showsHidden: boolean },
): readonly string[] {
  const finding = findingOf(text);
  if (finding !== undefined) throw new FilesError('FILES_PATH_REFUSED', { finding });
  const steps = text.split(path.sep === '\\' ? /[\\/]/ : '/').filter((step) => step !== '' && step !== '.');
  if (steps.includes('..')) throw new FilesError('FILES_PATH_REFUSED', { finding: 'it leads up with ".."' });
  if (steps.length > MAX_DEPTH)
    throw new FilesError('FILES_PATH_REFUSED', { finding: `it is more than ${MAX_DEPTH} folders deep` });
  if (!showsHidden) refuseHidden(steps);
  return steps;
}

export function refuseHidden(steps: readonly string[]): void {
  if (!steps.some(isHidden)) return;
  throw new FilesError('FILES_PATH_REFUSED', {
    finding: 'it is hidden, as its name begins with a dot, and this node does not show hidden files',
  });
}

export function isHidden(name: string): boolean {
  return name.startsWith('.');
}

function findingOf(text: string): string | undefined {
  if (text.length > MAX_PATH_LENGTH) return `it is longer than ${MAX_PATH_LENGTH} characters`;
  if (text.includes('\0')) return 'it holds a NUL character';
  if (path.posix.isAbsolute(text) || path.win32.isAbsolute(text) || /^[A-Za-z]:/.test(text))
    return 'it is absolute';
  return undefined;
}
