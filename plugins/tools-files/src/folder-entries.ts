import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import type { Jail, Jailed } from './jail.js';
import { isHidden } from './parse-path.js';

/** The entries of an open folder in the order of the disk, without hidden ones unless the jail shows them. */
export async function* folderEntries(
  jail: Jail,
  folder: Jailed,
  signal: AbortSignal,
): AsyncGenerator<Dirent> {
  for await (const entry of await opendir(folder.path)) {
    signal.throwIfAborted();
    if (jail.showsHidden || !isHidden(entry.name)) yield entry;
  }
}
