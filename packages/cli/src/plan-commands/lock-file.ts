import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { formatLock, type Lock, parseLock } from '@tiercel/plans';
import { tierNames, tierPath } from '@tiercel/tiers';
import { CliError } from '../errors.js';

const maxBytes = 4_194_304;

/** Where the lock of a manifest lies: beside it, or in the working directory for a shipped tier. */
export function lockFileFor(manifest: string): string {
  const { dir, name } = path.parse(manifest);
  const isShipped = tierNames.some((tier) => tierPath(tier) === manifest);
  return path.join(isShipped ? '' : dir, `${name}.lock`);
}

/** Throws `CLI_LOCK_UNREADABLE`, or what `parseLock` throws. */
export async function readLockFile(file: string): Promise<Lock> {
  return parseLock(await readText(file), file);
}

export async function writeLockFile(file: string, lock: Lock): Promise<void> {
  try {
    await writeFile(file, formatLock(lock));
  } catch (cause) {
    throw new CliError('CLI_LOCK_UNWRITABLE', { file, reason: codeOf(cause) }, { cause });
  }
}

async function readText(file: string): Promise<string> {
  const refuse = (reason: string, cause?: unknown) =>
    new CliError('CLI_LOCK_UNREADABLE', { file, reason }, { cause });
  try {
    const stats = await stat(file);
    // A pipe or a device might never come to an end.
    if (!stats.isFile()) throw refuse('it is not a plain file');
    if (stats.size > maxBytes) throw refuse(`it is larger than ${maxBytes} bytes`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    const code = codeOf(error);
    throw refuse(code === 'ENOENT' ? 'there is no such file' : code, error);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
