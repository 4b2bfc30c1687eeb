import type { Node } from '@tiercel/kernel';

/** Resident memory of a node now, with the children that placements report. */
export function residentMiB(node: Pick<Node, 'describe'>): number {
  const children = node.describe().plugins.map(({ facts }) => facts?.['rssMiB']);
  const sum = children.reduce<number>((total, rss) => total + (typeof rss === 'number' ? rss : 0), 0);
  return Math.round(process.memoryUsage.rss() / 1_048_576 + sum);
}
