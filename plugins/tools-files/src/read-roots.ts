import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { FilesError } from './errors.js';

const rootName = /^[a-z][a-z0-9_-]{0,31}$/;

/** The folders by name. Throws one `FILES_CONFIG_INVALID` with everything that is wrong. */
export async function readRoots(
  roots: Readonly<Record<string, unknown>>,
): Promise<ReadonlyMap<string, string>> {
  const entries = Object.entries(roots);
  const findings = entries.length === 0 ? ['roots names no folder'] : [];
  const folders = new Map<string, string>();
  for (const [name, value] of entries) {
    const folder = typeof value === 'string' ? expandHome(value) : '';
    const finding = rootName.test(name)
      ? await findingOf(folder)
      : 'is not named in lower-case letters, digits, "_" and "-"';
    if (finding === undefined) folders.set(name, folder);
    else findings.push(`roots.${name} ${finding}`);
  }
  if (findings.length > 0) throw new FilesError('FILES_CONFIG_INVALID', { findings });
  return folders;
}

async function findingOf(folder: string): Promise<string | undefined> {
  if (!path.isAbsolute(folder) || folder.includes('\0')) return 'is not an absolute path';
  if (path.resolve(folder) === path.parse(folder).root) return 'is the whole machine; name a folder in it';
  const stats = await stat(folder).catch(() => undefined);
  if (!stats) return 'does not exist, or may not be seen by this user';
  return stats.isDirectory() ? undefined : 'is not a folder';
}

function expandHome(folder: string): string {
  return folder === '~' || folder.startsWith('~/') ? path.join(homedir(), folder.slice(1)) : folder;
}
