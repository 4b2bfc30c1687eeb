import { type Node, openDeadline, raceSignal } from '@tiercel/kernel';
import { TestkitError } from './errors.js';

export interface KillProcessOptions {
  /** Longest wait until the plugin is ready again. Default 60,000. */
  readonly startTimeoutMs?: number;
}

/**
 * Kills the process of a placed plugin with SIGKILL and settles when the plugin is ready again in a new one.
 * @param plugin key in the manifest
 */
export async function killProcessOf(
  node: Node,
  plugin: string,
  { startTimeoutMs = 60_000 }: KillProcessOptions = {},
): Promise<void> {
  const status = node.describe().plugins.find((candidate) => candidate.plugin === plugin);
  const pid = status?.facts?.['pid'];
  if (typeof pid !== 'number')
    throw new TestkitError('TESTKIT_PROCESS_MISSING', { plugin, placement: status?.placement ?? 'none' });
  let isReadyAgain: () => void = () => undefined;
  const readyAgain = new Promise<void>((resolve) => {
    isReadyAgain = resolve;
  });
  const leave = node.subscribe((event) => {
    if (event.type === 'plugin-state' && event.status.plugin === plugin && event.status.state === 'ready')
      isReadyAgain();
  });
  using deadline = openDeadline(undefined, startTimeoutMs, () => {
    const { state = 'gone', reason = 'no reason given' } =
      node.plugins.find((candidate) => candidate.plugin === plugin) ?? {};
    return new TestkitError('TESTKIT_PLUGIN_DOWN', { plugin, state, reason, waitedMs: startTimeoutMs });
  });
  try {
    process.kill(pid, 'SIGKILL');
    await raceSignal(readyAgain, deadline.signal);
  } finally {
    leave();
  }
}
