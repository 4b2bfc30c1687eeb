import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { folderEntries } from './folder-entries.js';
import type { Absence, Jail } from './jail.js';

const PAGE_ENTRIES = 200;
const MAX_ENTRIES = 100_000;

export interface ListedEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'link' | 'other';
  readonly sizeBytes?: number;
  /** ISO 8601. */
  readonly modified?: string;
}

export interface FolderPage {
  readonly entries: readonly ListedEntry[];
  /** There are more: ask again with this as `after`. */
  readonly next?: string;
  /** The folder has more entries than are looked at. */
  readonly isTruncated?: true;
}

/** The entries whose names come behind `after`, in the order of their names. */
export async function listFolder(
  jail: Jail,
  relative: string,
  after: string,
  signal: AbortSignal,
): Promise<FolderPage | Absence> {
  const folder = await jail.open(relative, 'folder');
  if ('finding' in folder) return folder;
  await using opened = folder;
  let names: string[] = [];
  let seen = 0;
  for await (const { name } of folderEntries(jail, opened, signal)) {
    seen += 1;
    if (seen > MAX_ENTRIES) break;
    if (name <= after) continue;
    names.push(name);
    // Only the first page is kept, so that memory does not grow with the folder.
    if (names.length > 4 * PAGE_ENTRIES) names = firstOf(names, PAGE_ENTRIES + 1);
  }
  const found = firstOf(names, PAGE_ENTRIES + 1);
  const page = found.slice(0, PAGE_ENTRIES);
  const next = found.length > PAGE_ENTRIES ? page.at(-1) : undefined;
  const entries = await Promise.all(page.map((name) => describe(path.join(opened.path, name), name)));
  return {
    entries: entries.filter((entry) => entry !== undefined),
    ...(next !== undefined && { next }),
    ...(seen > MAX_ENTRIES && { isTruncated: true as const }),
  };
}

function firstOf(names: string[], count: number): string[] {
  return names.sort((a, b) => (a < b ? -1 : 1)).slice(0, count);
}

async function describe(place: string, name: string): Promise<ListedEntry | undefined> {
  const stats = await lstat(place).catch(() => undefined);
  if (!stats) return undefined;
  if (stats.isDirectory()) return { name, type: 'folder' };
  if (stats.isSymbolicLink()) return { name, type: 'link' };
  if (!stats.isFile()) return { name, type: 'other' };
  return { name, type: 'file', sizeBytes: stats.size, modified: stats.mtime.toISOString() };
}
