import type { WorldEntry } from '@tiercel/capabilities/world-model';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { describeValue } from './describe-entry.js';
import { openWorld, type WorldOptions } from './open-world.js';

export interface GetEntriesOptions extends WorldOptions {
  readonly json?: boolean;
}

/** Prints one value as it is, for scripts; of several, each with its key. */
export async function getEntries(
  context: Context,
  key: string,
  { json = false, ...options }: GetEntriesOptions,
): Promise<number> {
  const { terminal } = context;
  const prefix = key.replace(/\/$/, '');
  await using opened = await openWorld(context, options);
  const { entries } = await opened.world.snapshot(prefix);
  const [first, ...others] = entries;
  if (!first) throw new CliError('CLI_ENTRY_UNKNOWN', { key });
  if (json) terminal.print(JSON.stringify({ entries }, undefined, 2));
  else if (first.key === prefix && others.length === 0) terminal.print(textOf(first));
  else for (const entry of entries) terminal.print(`${entry.key}  ${describeValue(entry.value)}`);
  if (json) return 0;
  const count = (isMeant: (entry: WorldEntry) => unknown) => entries.filter(isMeant).length;
  const [stale, pending] = [count(({ isStale }) => isStale), count(({ isPending }) => isPending)];
  if (stale > 0)
    terminal.note(`note: the node that keeps the world model is away; ${stale} values may be old.\n`);
  if (pending > 0) terminal.note(`note: ${pending} values are not confirmed yet, and may be refused.\n`);
  return 0;
}

function textOf({ value }: WorldEntry): string {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}
