import type { Context } from '../context.js';
import { describeRecord } from './describe-entry.js';
import { openWorld, type WorldOptions } from './open-world.js';

export interface ShowHistoryOptions extends WorldOptions {
  readonly after?: number;
  readonly limit?: number;
  readonly json?: boolean;
}

export async function showHistory(
  context: Context,
  prefix: string = '',
  { after, limit, json = false, ...options }: ShowHistoryOptions,
): Promise<number> {
  const { terminal } = context;
  await using opened = await openWorld(context, options);
  const history = await opened.world.history(prefix.replace(/\/$/, ''), { after, limit });
  if (json) {
    terminal.print(JSON.stringify(history, undefined, 2));
    return 0;
  }
  for (const record of history.records) terminal.print(describeRecord(record));
  const { forgottenUpTo, records } = history;
  if (forgottenUpTo > (after ?? 0))
    terminal.note(`note: changes up to revision ${forgottenUpTo} are no longer remembered.\n`);
  if (records.length === 0) terminal.note('note: nothing has changed since.\n');
  return 0;
}
