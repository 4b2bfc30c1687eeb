import type { Plan, ProviderRef } from '../plan/plan.js';
import type { NodeDescription } from './plugin-status.js';
import type { RunningPlugin } from './running-plugin.js';
import type { Switchboard } from './switchboard.js';

/** Everything a node can tell about itself. */
export function describeNode(from: {
  readonly plan: Plan;
  readonly board: Switchboard;
  readonly state: NodeDescription['state'];
  readonly isReady: boolean;
  readonly retired: Iterable<RunningPlugin>;
}): NodeDescription {
  const { plan, board, state, isReady } = from;
  const promised = new Set(plan.requires.map((promise) => promise.split('@')[0]));
  return {
    tier: plan.tier,
    state,
    isReady,
    plugins: [...board.current.values()].map((running) => ({
      ...running.status,
      placement: running.planned.entry.placement,
      facts: running.facts,
    })),
    capabilities: [...plan.bindings].map(([capability, refs]) => ({
      capability,
      isPromised: promised.has(capability),
      ...serviceOf(refs, board, capability),
    })),
    draining: [...from.retired].map(({ planned, status, calls }) => ({
      plugin: planned.key,
      generation: status.generation,
      calls,
    })),
  };
}

function serviceOf(
  refs: readonly ProviderRef[],
  board: Switchboard,
  capability: string,
): Pick<NodeDescription['capabilities'][number], 'servedBy' | 'degraded' | 'providers'> {
  const circuits = board.circuits(capability);
  const providers = refs.map(({ plugin }) => ({
    plugin,
    state: board.current.get(plugin)?.status.state ?? ('stopped' as const),
    circuit: circuits.find((circuit) => circuit.plugin === plugin),
  }));
  const isUp = ({ state, circuit }: (typeof providers)[number]) =>
    (state === 'ready' || state === 'degraded') && circuit?.state !== 'open';
  const losses = providers.flatMap(({ plugin, state, circuit }) => {
    if (state === 'ready' && circuit?.state !== 'open') return [];
    const reason = board.current.get(plugin)?.status.reason ?? circuit?.reason;
    return [`${plugin} is ${state === 'ready' ? 'passed over' : state}${reason ? `: ${reason}` : ''}`];
  });
  return {
    servedBy: providers.find(isUp)?.plugin,
    degraded: losses.length > 0 ? losses.join('; ') : undefined,
    providers,
  };
}
