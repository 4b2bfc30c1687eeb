import { randomBytes } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type OpenedLine, openLine } from './sealed-line.js';

const TAIL_BYTES = 262_144;
const KEPT_FILES = 32;
const KEPT_MS = 86_400_000;

/**
 * `tools-00000042-20261125T184800123Z-1f2e3d4c.jsonl`. The number is greater than that of the file it continues, whatever the
 * clock says, so files sorted by name follow the chain.
 */
export function newFileName(epochMs: number, continues: FileLink | undefined): string {
  const number = Number(continues?.file.split('-')[1] ?? 0) + 1;
  const time = new Date(epochMs).toISOString().replace(/[-:.]/g, '');
  return `tools-${String(number).padStart(8, '0')}-${time}-${randomBytes(4).toString('hex')}.jsonl`;
}

/** Names of the files of a log, oldest first; none where there is no folder. */
export async function listFiles(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => /^tools-\d{8}-\d{8}T\d{9}Z-[0-9a-f]{8}\.jsonl$/.test(name)).sort();
  } catch (error) {
    if (Reflect.get(Object(error), 'code') === 'ENOENT') return [];
    throw error;
  }
}

/** Where a file of the log goes on from: the last whole line of the newest one. */
export interface FileLink {
  readonly file: string;
  readonly hash: string;
}

export async function findLink(folder: string): Promise<FileLink | undefined> {
  for (const file of [...(await listFiles(folder))].reverse()) {
    const last = await readLastLine(path.join(folder, file));
    if (last) return { file, hash: last.hash };
  }
  return undefined;
}

/** After kill -9 the end may be half a line: then the whole one before it counts. */
async function readLastLine(file: string): Promise<OpenedLine | undefined> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const length = Math.min(size, TAIL_BYTES);
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
  for (const line of buffer.toString().split('\n').reverse()) {
    const opened = openLine(line);
    if (opened) return opened;
  }
  return undefined;
}

/** Removes the oldest files while there are more than 32. What was written to within a day stays: another node may use it. */
export async function removeOldFiles(folder: string, epochMs: number): Promise<void> {
  const files = await listFiles(folder);
  for (const name of files.slice(0, Math.max(0, files.length - KEPT_FILES))) {
    const file = path.join(folder, name);
    if ((await stat(file)).mtimeMs < epochMs - KEPT_MS) await rm(file, { force: true });
  }
}
