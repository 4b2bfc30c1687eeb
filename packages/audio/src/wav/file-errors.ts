import type { Stats } from 'node:fs';
import { AudioError } from '../errors.js';

/** Turns what the file system said into an error that names the file and the way out. */
export function readError(file: string, cause: unknown): AudioError {
  if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') {
    return new AudioError('AUDIO_FILE_MISSING', { file }, { cause });
  }
  return new AudioError('AUDIO_FILE_UNREADABLE', { file, reason: codeOf(cause) }, { cause });
}

export function writeError(file: string, cause: unknown): AudioError {
  if (codeOf(cause) === 'EISDIR') {
    return new AudioError('AUDIO_FILE_NOT_REGULAR', { file, kind: 'directory' }, { cause });
  }
  return new AudioError('AUDIO_FILE_UNWRITABLE', { file, reason: codeOf(cause) }, { cause });
}

/** What a path is instead of a regular file, or `undefined` if it is one. */
export function otherKind(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return 'directory';
  return stats.isFIFO() ? 'pipe' : 'device or socket';
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown reason';
}
