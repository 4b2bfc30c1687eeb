import { visible } from '../text/visible.js';
import { byPlacement, edgeLabel, type PlanEdge, type PlanGraph } from './plan-graph.js';

const arrows: Readonly<Record<PlanEdge['kind'], string>> = {
  one: '-->',
  many: '-->',
  lazy: '-.->',
  optional: '--o',
};

/** A flowchart (https://mermaid.js.org). What waits for nobody is dotted, what may be missing ends in a circle. */
export function mermaidGraph(graph: PlanGraph): string {
  const ids = new Map(graph.nodes.map(({ plugin }, index) => [plugin, `plugin${index}`]));
  const lines = ['flowchart LR'];
  for (const [index, [placement, nodes]] of [...byPlacement(graph)].entries()) {
    lines.push(`  subgraph placement${index}["${coded(placement)}"]`);
    for (const { plugin } of nodes) lines.push(`    ${ids.get(plugin)}["${coded(plugin)}"]`);
    lines.push('  end');
  }
  for (const edge of graph.edges) {
    lines.push(
      `  ${ids.get(edge.from)} ${arrows[edge.kind]}|"${coded(edgeLabel(edge))}"| ${ids.get(edge.to)}`,
    );
  }
  return lines.join('\n');
}

/** Between quotes only letters, digits and a few signs are surely text; the rest is written as character codes. */
function coded(text: string): string {
  return visible(text).replace(/[^\p{L}\p{M}\p{N} ._,:/@()-]/gu, (sign) => `#${sign.codePointAt(0)};`);
}
