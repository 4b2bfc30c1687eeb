import { folderEntries } from './folder-entries.js';
import type { Absence, Jail } from './jail.js';

const MAX_DEPTH = 32;
const MAX_WAITING_FOLDERS = 10_000;

export interface WalkOptions {
  readonly signal: AbortSignal;
  /** Asked before each entry: `false` ends the walk. */
  readonly goesOn: () => boolean;
}

export interface Walked {
  readonly path: string;
  readonly name: string;
  readonly isFile: boolean;
}

/** What a walk tells when it is over: whether it has seen everything. */
export type WalkEnd = Absence | { readonly isComplete: boolean };

/** Everything below a folder, nearer things first. Links are not followed, so nothing comes twice. */
export async function* walk(
  jail: Jail,
  from: string,
  { signal, goesOn }: WalkOptions,
): AsyncGenerator<Walked, WalkEnd> {
  const waiting: { readonly path: string; readonly depth: number }[] = [{ path: from, depth: 0 }];
  let isComplete = true;
  for (let folder = waiting.shift(); folder; folder = waiting.shift()) {
    const opened = await jail.open(folder.path, 'folder');
    if ('finding' in opened) {
      if (folder.depth === 0) return opened;
      // Somebody removed it, or it may not be read.
      isComplete = false;
      continue;
    }
    await using inside = opened;
    for await (const entry of folderEntries(jail, inside, signal)) {
      if (!goesOn()) return { isComplete: false };
      const place = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`;
      yield { path: place, name: entry.name, isFile: entry.isFile() };
      if (!entry.isDirectory()) continue;
      if (folder.depth < MAX_DEPTH && waiting.length < MAX_WAITING_FOLDERS)
        waiting.push({ path: place, depth: folder.depth + 1 });
      else isComplete = false;
    }
  }
  return { isComplete };
}
