import type { Context } from '../context.js';
import { describeFacts, describeValue } from './describe-entry.js';
import { openWorld, type WorldOptions } from './open-world.js';
import { parseValue } from './parse-value.js';

export interface SetEntryOptions extends WorldOptions {
  /** In milliseconds. */
  readonly ttl?: number;
  readonly base?: number;
  readonly json?: boolean;
}

export async function setEntry(
  context: Context,
  key: string,
  text: string,
  { ttl: ttlMs, base: baseRevision, json = false, ...options }: SetEntryOptions,
): Promise<number> {
  const { terminal } = context;
  await using opened = await openWorld(context, options);
  const entry = await opened.world.observe({
    key,
    value: parseValue(text),
    origin: 'cli',
    ttlMs,
    baseRevision,
  });
  if (json) terminal.print(JSON.stringify(entry, undefined, 2));
  else terminal.print(`${entry.key}  ${describeValue(entry.value)}  (${describeFacts(entry)})`);
  opened.noteChange();
  return 0;
}
