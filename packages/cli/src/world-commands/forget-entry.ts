import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { openWorld, type WorldOptions } from './open-world.js';

export interface ForgetEntryOptions extends WorldOptions {
  readonly base?: number;
  readonly json?: boolean;
}

export async function forgetEntry(
  context: Context,
  key: string,
  { base: baseRevision, json = false, ...options }: ForgetEntryOptions,
): Promise<number> {
  await using opened = await openWorld(context, options);
  if (!(await opened.world.forget(key, { origin: 'cli', baseRevision })))
    throw new CliError('CLI_ENTRY_UNKNOWN', { key });
  context.terminal.print(json ? JSON.stringify({ forgotten: key }, undefined, 2) : `${key} is forgotten.`);
  opened.noteChange();
  return 0;
}
