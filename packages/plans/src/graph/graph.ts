import type { Plan } from '@tiercel/kernel';
import { dotGraph } from './dot-graph.js';
import { mermaidGraph } from './mermaid-graph.js';
import { type PlanGraph, planGraph } from './plan-graph.js';
import { textGraph } from './text-graph.js';

export const graphFormats = ['text', 'mermaid', 'dot', 'json'] as const;
export type GraphFormat = (typeof graphFormats)[number];

const writers: Readonly<Record<GraphFormat, (graph: PlanGraph) => string>> = {
  text: textGraph,
  mermaid: mermaidGraph,
  dot: dotGraph,
  json: (graph) => JSON.stringify(graph, undefined, 2),
};

/** A plan drawn: plugins by placement, and on each connection the capability that is taken. The same plan gives the same text. */
export function graph(plan: Plan, format: GraphFormat): string {
  return writers[format](planGraph(plan));
}
