import { mkdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a folder and those above it. Says nothing when it cannot: opening a file in it will, with its path.
 * Not `mkdir({ recursive })`, which never ends where the system denies that a folder exists that does (Linux:
 * `/proc/new/folder`).
 */
export async function makeFolder(folder: string): Promise<void> {
  if (await isMade(folder)) return;
  const parent = path.dirname(folder);
  if (parent === folder) return;
  await makeFolder(parent);
  await isMade(folder);
}

/** `false` where the folder above is missing. */
async function isMade(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
