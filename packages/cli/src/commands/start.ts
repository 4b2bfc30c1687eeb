import type { Node } from '@tiercel/kernel';
import { bootNode } from '../boot-node.js';
import type { Context } from '../context.js';
import { reportError } from '../report-error.js';
import { resolveTier } from '../resolve-tier.js';

export interface StartOptions {
  readonly tier?: string;
  /** A lock that the plan must agree with: its file, or `true` for the one beside the manifest. */
  readonly locked?: string | true;
}

/** Runs a node until it is asked to stop. SIGHUP makes it follow its manifest anew, unless that is how a terminal goes. */
export async function start(context: Context, { tier, locked }: StartOptions): Promise<number> {
  const { terminal, signal } = context;
  const startedMs = performance.now();
  const manifest = resolveTier(tier, terminal);
  const judge = locked === undefined ? async () => undefined : await lockJudge(context, manifest, locked);
  await judge();
  const node = await bootNode(context, { tier: manifest, isLogFull: true, isReplaceable: true });
  // Nothing else may keep the process alive: a node without listeners has no handles of its own.
  const alive = setInterval(() => undefined, 60_000);
  // Before it says that it is ready: whoever reads that may send a signal at once.
  using _hangup = terminal.isInputTty
    ? undefined
    : context.onHangup(() => void reload(node, manifest, judge, context));
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  terminal.note(`ready: tier ${node.plan.tier}, ${node.plugins.length} plugins in ${seconds} s\n`);
  for (const { plugin, state, reason } of node.plugins) {
    if (state !== 'ready') terminal.note(`${state}: ${plugin}: ${reason ?? 'no reason given'}\n`);
  }
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

/** Holds the manifest, as it is whenever this is called, against a lock. */
async function lockJudge(
  context: Context,
  manifest: string,
  locked: string | true,
): Promise<() => Promise<void>> {
  const { lockFileFor } = await import('../plan-commands/lock-file.js');
  const { refuseDrift } = await import('../plan-commands/refuse-drift.js');
  const file = locked === true ? lockFileFor(manifest) : locked;
  return () => refuseDrift(context, manifest, file);
}

/** Tells what changed, or why nothing did: the node goes on in any case. */
async function reload(
  node: Node,
  manifest: string,
  judge: () => Promise<void>,
  { terminal, signal, isDebug }: Context,
): Promise<void> {
  terminal.note('reloading\n');
  try {
    await judge();
    const { started, stopped } = await node.reload(manifest, { signal });
    const list = (names: readonly string[]) => (names.length === 0 ? 'nothing' : names.join(', '));
    terminal.note(`reloaded: started ${list(started)}; stopped ${list(stopped)}\n`);
  } catch (error) {
    if (!signal.aborted) reportError(error, { terminal, isJson: false, isDebug });
  }
}
