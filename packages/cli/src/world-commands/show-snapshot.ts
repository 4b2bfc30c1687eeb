import type { Context } from '../context.js';
import { paintFor } from '../paint.js';
import { describeFacts, describeValue } from './describe-entry.js';
import { openWorld, type WorldOptions } from './open-world.js';

export interface ShowSnapshotOptions extends WorldOptions {
  readonly json?: boolean;
}

export async function showSnapshot(
  context: Context,
  prefix: string = '',
  { json = false, ...options }: ShowSnapshotOptions,
): Promise<number> {
  const { terminal } = context;
  await using opened = await openWorld(context, options);
  const snapshot = await opened.world.snapshot(prefix.replace(/\/$/, ''));
  if (json) {
    terminal.print(JSON.stringify(snapshot, undefined, 2));
    return 0;
  }
  const paint = paintFor(terminal);
  const { entries, revision, epoch } = snapshot;
  const width = entries.reduce((widest, { key }) => Math.max(widest, key.length), 0);
  for (const entry of entries)
    terminal.print(
      `${entry.key.padEnd(width)}  ${describeValue(entry.value)}  ${paint('dim', `(${describeFacts(entry)})`)}`,
    );
  terminal.note(`${entries.length} entries at revision ${revision} of epoch ${epoch}.\n`);
  return 0;
}
