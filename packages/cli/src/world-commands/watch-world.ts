import type { Context } from '../context.js';
import { describeRecord } from './describe-entry.js';
import { openWorld, type WorldOptions } from './open-world.js';

export interface WatchWorldOptions extends WorldOptions {
  readonly after?: number;
  readonly json?: boolean;
}

/** Prints changes until the person wants no more. */
export async function watchWorld(
  context: Context,
  prefix: string = '',
  { after, json = false, ...options }: WatchWorldOptions,
): Promise<number> {
  const { terminal, signal } = context;
  await using opened = await openWorld(context, options);
  for await (const change of opened.world.watch(prefix.replace(/\/$/, ''), { after, signal })) {
    if (json) terminal.print(JSON.stringify(change));
    else if (change.type !== 'reset') terminal.print(describeRecord(change));
    else
      terminal.note(
        'note: changes were missed, or the store began anew; "snapshot" tells what is known now.\n',
      );
  }
  return 0;
}
