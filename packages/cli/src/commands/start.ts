import { bootNode } from '../boot-node.js';
import type { Context } from '../context.js';

export interface StartOptions {
  readonly tier?: string;
}

/** Runs a node until it is asked to stop. */
export async function start(context: Context, { tier }: StartOptions): Promise<number> {
  const { terminal, signal } = context;
  const startedMs = performance.now();
  const node = await bootNode(context, { tier, isLogFull: true });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  terminal.note(`ready: tier ${node.plan.tier}, ${node.plugins.length} plugins in ${seconds} s\n`);
  for (const { plugin, state, reason } of node.plugins) {
    if (state !== 'ready') terminal.note(`${state}: ${plugin}: ${reason ?? 'no reason given'}\n`);
  }
  // Nothing else may keep the process alive: a node without listeners has no handles of its own.
  const alive = setInterval(() => undefined, 60_000);
  try {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    terminal.note('stopping\n');
    await node.stop();
    terminal.note('stopped\n');
    return 0;
  } finally {
    clearInterval(alive);
  }
}
