import type { NodeDescription, PluginState } from '@tiercel/kernel';

export type ReadinessStatus = 'ready' | 'degraded' | 'starting' | 'draining' | 'failed';

const ON_THE_WAY: ReadonlySet<PluginState> = new Set(['planned', 'imported', 'starting']);

/** Whether a node can be given work, in one word. `degraded` can: nothing that it promises is missing. */
export function readinessOf(
  { state, isReady, plugins }: Pick<NodeDescription, 'state' | 'isReady' | 'plugins'>,
  isDraining: boolean,
): ReadinessStatus {
  if (isDraining || state === 'stopped') return 'draining';
  if (isReady) return state;
  return plugins.some((plugin) => ON_THE_WAY.has(plugin.state)) ? 'starting' : 'failed';
}

export function takesWork(status: ReadinessStatus): boolean {
  return status === 'ready' || status === 'degraded';
}
