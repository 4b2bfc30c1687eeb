import { visible } from '../text/visible.js';
import { byPlacement, edgeLabel, type PlanEdge, type PlanGraph } from './plan-graph.js';

const styles: Readonly<Record<PlanEdge['kind'], string>> = {
  one: 'solid',
  many: 'solid',
  lazy: 'dotted',
  optional: 'dashed',
};

/** A directed graph for Graphviz (https://graphviz.org). What waits for nobody is dotted, what may be missing is dashed. */
export function dotGraph(graph: PlanGraph): string {
  const ids = new Map(graph.nodes.map(({ plugin }, index) => [plugin, `plugin${index}`]));
  const lines = [`digraph ${quoted(graph.tier)} {`, '  rankdir=LR;', '  node [shape=box];'];
  for (const [index, [placement, nodes]] of [...byPlacement(graph)].entries()) {
    lines.push(`  subgraph cluster${index} {`, `    label=${quoted(placement)};`);
    for (const { plugin } of nodes) lines.push(`    ${ids.get(plugin)} [label=${quoted(plugin)}];`);
    lines.push('  }');
  }
  for (const edge of graph.edges) {
    const { from, to, kind } = edge;
    lines.push(
      `  ${ids.get(from)} -> ${ids.get(to)} [label=${quoted(edgeLabel(edge))}, style=${styles[kind]}];`,
    );
  }
  return [...lines, '}'].join('\n');
}

function quoted(text: string): string {
  return `"${visible(text).replace(/["\\]/g, '\\$&')}"`;
}
