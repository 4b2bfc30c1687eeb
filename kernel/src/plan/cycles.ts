/** One requirement of a plugin, pointing at a plugin that serves it. */
export interface DependencyEdge {
  readonly dep: string;
  readonly capability: string;
  readonly to: string;
}

export interface Cycle {
  /** Each plugin with the capability for which it waits for the next; the last one waits for the first. */
  readonly path: readonly { readonly plugin: string; readonly capability: string }[];
  /** The requirement that closes the circle; it belongs to the last plugin of `path`. */
  readonly closing: DependencyEdge;
}

/**
 * Every edge that closes a circle, found depth first; without all of them, none is left.
 * Without recursion, because a chain may be longer than the call stack.
 */
export function findCycles(
  plugins: Iterable<string>,
  edgesOf: (plugin: string) => readonly DependencyEdge[],
): readonly Cycle[] {
  const cycles: Cycle[] = [];
  const done = new Set<string>();
  for (const start of plugins) {
    if (done.has(start)) continue;
    const visit = (plugin: string) => ({ plugin, capability: '', edges: edgesOf(plugin).values() });
    const path = [visit(start)];
    const depthOf = new Map([[start, 0]]);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const { value: edge } = top.edges.next();
      if (!edge) {
        path.pop();
        depthOf.delete(top.plugin);
        done.add(top.plugin);
        continue;
      }
      top.capability = edge.capability;
      const depth = depthOf.get(edge.to);
      if (depth !== undefined) {
        const circle = path.slice(depth).map(({ plugin, capability }) => ({ plugin, capability }));
        cycles.push({ path: circle, closing: edge });
      } else if (!done.has(edge.to)) {
        depthOf.set(edge.to, path.length);
        path.push(visit(edge.to));
      }
    }
  }
  return cycles;
}
