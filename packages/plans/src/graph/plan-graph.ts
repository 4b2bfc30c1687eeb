import type { Plan, PlannedDep } from '@tiercel/kernel';

/** Who takes what from whom: plugins, and a connection for each provider of each requirement. */
export interface PlanGraph {
  readonly tier: string;
  /** In start order. */
  readonly nodes: readonly PlanNode[];
  readonly edges: readonly PlanEdge[];
}

export interface PlanNode {
  readonly plugin: string;
  readonly package: string;
  readonly version: string;
  readonly placement: string;
  readonly level: number;
}

export interface PlanEdge {
  /** The plugin that asks. */
  readonly from: string;
  /** The plugin that serves. */
  readonly to: string;
  readonly capability: string;
  readonly kind: PlannedDep['kind'];
  /** Place in the order of preference, from 1, where one consumer has several providers that act as one. */
  readonly rank?: number;
}

export function planGraph({ tier, plugins }: Plan): PlanGraph {
  return {
    tier,
    nodes: plugins.map(({ key, declaration, entry, level }) => ({
      plugin: key,
      package: declaration.name,
      version: declaration.version,
      placement: entry.placement,
      level,
    })),
    edges: plugins.flatMap(({ key, deps }) =>
      deps.flatMap(({ capability, kind, providers }) => {
        const isRanked = kind !== 'many' && providers.length > 1;
        return providers.map(({ plugin }, index) => {
          return { from: key, to: plugin, capability, kind, ...(isRanked && { rank: index + 1 }) };
        });
      }),
    ),
  };
}

/** Nodes by placement, in the order in which placements first occur. */
export function byPlacement({ nodes }: PlanGraph): ReadonlyMap<string, readonly PlanNode[]> {
  const groups = new Map<string, PlanNode[]>();
  for (const node of nodes) {
    const group = groups.get(node.placement) ?? [];
    group.push(node);
    groups.set(node.placement, group);
  }
  return groups;
}

/** What stands on a connection. */
export function edgeLabel({ capability, kind, rank }: PlanEdge): string {
  const notes = [...(kind === 'one' ? [] : [kind]), ...(rank === undefined ? [] : [`choice ${rank}`])];
  return notes.length === 0 ? capability : `${capability} (${notes.join(', ')})`;
}
