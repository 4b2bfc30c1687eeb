import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isModelPath } from '@tiercel/models';
import type { LockOptions } from '@tiercel/plans';
import { CliError } from '../errors.js';
import { openStore } from '../open-store.js';
import type { Terminal } from '../terminal.js';

type ResolveArtifact = NonNullable<LockOptions['resolveArtifact']>;

/**
 * Hashes of model files: what the catalogue says for a name, which a node compares with the files themselves when it starts;
 * what is on the disk for a path. Anything else than models has no files here.
 */
export async function modelResolver(
  terminal: Pick<Terminal, 'environment'>,
  signal: AbortSignal,
): Promise<ResolveArtifact> {
  const store = await openStore(terminal);
  return async ({ kind, name, plugin }) => {
    if (kind !== 'model') return {};
    const hashes = isModelPath(name) ? await hashFiles(name, signal) : store.hashes(name);
    if (!hashes) throw new CliError('CLI_MODEL_UNKNOWN', { model: name, plugin });
    return hashes;
  };
}

/** A file, or all that is in a folder; `undefined` where there is nothing. */
async function hashFiles(
  target: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>> | undefined> {
  const stats = await stat(target).catch(() => undefined);
  if (!stats) return undefined;
  if (stats.isFile()) return { [path.basename(target)]: await hashFile(target, signal) };
  const hashes: Record<string, string> = {};
  for (const entry of await readdir(target, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    hashes[path.relative(target, file).replaceAll(path.sep, '/')] = await hashFile(file, signal);
  }
  return Object.fromEntries(Object.entries(hashes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function hashFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest('hex');
}
