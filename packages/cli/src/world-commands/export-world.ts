import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { WorldEntry } from '@tiercel/capabilities/world-model';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { openWorld, type WorldOptions } from './open-world.js';

export interface ExportWorldOptions extends WorldOptions {
  readonly output?: string;
}

/** What import reads. Revisions are left out: they are worth nothing in another store. */
export async function exportWorld(
  context: Context,
  prefix: string = '',
  { output, ...options }: ExportWorldOptions,
): Promise<number> {
  const { terminal, signal } = context;
  await using opened = await openWorld(context, options);
  const { entries } = await opened.world.snapshot(prefix.replace(/\/$/, ''));
  if (output === undefined) for (const entry of entries) terminal.print(lineOf(entry));
  else await writeLines(output, entries, signal);
  if (output !== undefined) terminal.note(`${entries.length} entries are in ${output}.\n`);
  return 0;
}

function lineOf({ key, value, origin, timeMs, hlc, ttlMs }: WorldEntry): string {
  return JSON.stringify({ key, value, origin, timeMs, hlc, ttlMs });
}

/** The file is there as a whole, or as it was before. */
async function writeLines(file: string, entries: readonly WorldEntry[], signal: AbortSignal): Promise<void> {
  const part = `${file}.part`;
  try {
    const lines = function* () {
      for (const entry of entries) yield `${lineOf(entry)}\n`;
    };
    await pipeline(lines, createWriteStream(part), { signal });
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    signal.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('CLI_EXPORT_UNWRITABLE', { file, reason }, { cause });
  }
}
