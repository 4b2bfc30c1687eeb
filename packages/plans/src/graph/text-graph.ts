import { aligned } from '../text/aligned.js';
import { count } from '../text/amount.js';
import { visible } from '../text/visible.js';
import { byPlacement, edgeLabel, type PlanEdge, type PlanGraph } from './plan-graph.js';

const arrows: Readonly<Record<PlanEdge['kind'], string>> = {
  one: '-->',
  many: '-->',
  lazy: '..>',
  optional: '-o>',
};

/** Plugins below their placement, and below each what it takes from whom. */
export function textGraph(graph: PlanGraph): string {
  const plugins = count(graph.nodes.length, 'plugin');
  const lines = [`tier ${visible(graph.tier)}: ${plugins}, ${count(graph.edges.length, 'connection')}`];
  for (const [placement, nodes] of byPlacement(graph)) {
    lines.push('', visible(placement));
    for (const { plugin } of nodes) {
      const edges = graph.edges.filter(({ from }) => from === plugin);
      const rows = edges.map((edge) => [arrows[edge.kind], visible(edge.to), visible(edgeLabel(edge))]);
      lines.push(`  ${visible(plugin)}`, ...aligned(rows, 4));
    }
  }
  return lines.join('\n');
}
