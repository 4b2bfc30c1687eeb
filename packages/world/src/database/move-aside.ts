import { existsSync, renameSync } from 'node:fs';

/** Renames a database and what belongs to it to `FILE.damaged-1` or the first number that is free. Returns the new name. */
export function moveAside(file: string): string {
  let number = 1;
  while (existsSync(`${file}.damaged-${number}`)) number += 1;
  const target = `${file}.damaged-${number}`;
  for (const suffix of ['-wal', '-shm', '-journal', '']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, target + suffix);
  }
  return target;
}
