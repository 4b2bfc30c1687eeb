import { setMaxListeners } from 'node:events';
import { openDeadline } from '../deadline.js';
import { isTiercelError } from '../define-errors.js';
import { KernelError } from '../errors.js';
import type { RunningPlugin } from './running-plugin.js';
import type { Switchboard } from './switchboard.js';

export interface StartPluginsOptions {
  readonly tier: string;
  readonly board: Switchboard;
  /** Gives up starting. */
  readonly signal?: AbortSignal | undefined;
  /** Longest start of them all. */
  readonly timeoutMs: number;
  /** Longest release of one that failed. */
  readonly releaseMs: number;
  /** Whether all are given up when this one fails. */
  readonly isRequired: (running: RunningPlugin) => boolean;
  /** Called as each comes up. */
  readonly onUp?: (running: RunningPlugin) => void;
}

/**
 * Starts plugins that are in the order of dependency, each as soon as what it needs is up; none before the code of all has
 * been loaded. Waits until each is up or given up, and returns why they cannot stay up, if so.
 */
export async function startPlugins(
  plugins: readonly RunningPlugin[],
  options: StartPluginsOptions,
): Promise<unknown> {
  const { tier, board, signal, timeoutMs, releaseMs, isRequired, onUp } = options;
  const aborted = () => new KernelError('KERNEL_BOOT_ABORTED', { tier }, { cause: signal?.reason });
  const late = () => {
    const awaited = plugins.filter(({ status }) => status.state === 'planned' || status.state === 'starting');
    const awaiting = awaited.map(({ planned }) => planned.key);
    return new KernelError('KERNEL_BOOT_TIMEOUT', { waitedMs: timeoutMs, awaiting });
  };
  using deadline = openDeadline(signal, timeoutMs, late);
  const siblings = new AbortController();
  // One listener for each plugin that is coming up, and none once it is: not the leak that Node would warn of.
  setMaxListeners(0, siblings.signal);
  const giveUp = () => siblings.abort(signal?.aborted ? aborted() : deadline.signal.reason);
  if (deadline.signal.aborted) giveUp();
  else deadline.signal.addEventListener('abort', giveUp, { once: true });

  let firstError: unknown;
  const causes = new Set<string>();
  const releases: Promise<unknown>[] = [];
  const fail = (running: RunningPlugin, error: unknown) => {
    const { key } = running.planned;
    if (!siblings.signal.aborted || !isConsequence(error)) causes.add(key);
    if (isRequired(running)) {
      firstError ??= error;
      siblings.abort(new KernelError('KERNEL_SIBLING_FAILED', { plugin: key }));
    }
    releases.push(running.release(error, releaseMs));
  };

  const broken = new Set<RunningPlugin>();
  if (!siblings.signal.aborted) {
    const load = async (running: RunningPlugin) => {
      try {
        await running.load(siblings.signal);
      } catch (error) {
        broken.add(running);
        fail(running, error);
      }
    };
    await Promise.all(plugins.map(load));
  }
  const ups = new Map<string, Promise<void>>();
  const startOne = async (running: RunningPlugin) => {
    if (broken.has(running)) return;
    await Promise.all([...running.planned.after].map((key) => ups.get(key)));
    const obstacle = siblings.signal.aborted
      ? siblings.signal.reason
      : board.lostDependency(running.planned.deps);
    if (obstacle !== undefined) {
      running.giveUp(obstacle instanceof Error ? obstacle.message : String(obstacle));
      throw obstacle;
    }
    await running.start(board.depsOf(running), siblings.signal);
    onUp?.(running);
  };
  // In order of dependency, so each promise exists before it is awaited.
  for (const running of plugins) {
    ups.set(
      running.planned.key,
      startOne(running).catch((error: unknown) => fail(running, error)),
    );
  }
  await Promise.all(ups.values());
  await Promise.all(releases);

  if (signal?.aborted) return aborted();
  // Too late for plugins that may be missing is not too late for the node.
  if (firstError === undefined || firstError === deadline.signal.reason) return firstError;
  const results = plugins.map(({ status: { plugin, state, reason } }) => {
    return { plugin, state, reason, isCause: causes.has(plugin) };
  });
  return new KernelError('KERNEL_BOOT_FAILED', { tier, results }, { cause: firstError });
}

/** Whether a plugin failed only because another one did. */
function isConsequence(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (isTiercelError(cause, 'KERNEL_SIBLING_FAILED')) return true;
  }
  return isTiercelError(error, 'KERNEL_PROVIDER_NOT_READY');
}
