import type { ToolDescriptor } from '@tiercel/capabilities/tool-provider';

/**
 * Where tools run that this node and another machine could run.
 * - `local`: here; heavy ones on the other machine where it offers them. Its light tools are not offered.
 * - `auto`: the same, and the other machine's light tools are offered where this node has none of that name.
 * - `remote`: on the other machine, never here, but for tools that are local only.
 */
export type ExecutionMode = 'local' | 'remote' | 'auto';

/** A tool that runs somewhere. Of one name there is at most one here and one on another machine. */
interface Placed {
  readonly descriptor: Pick<ToolDescriptor, 'weight' | 'isLocalOnly'>;
}

export interface Placing<T> {
  readonly tool: T;
  /** Does it when the other machine is out of reach. */
  readonly standIn?: T;
}

/** Which of the two runs, or `undefined` when neither may. */
export function placeTool<T extends Placed>(
  mode: ExecutionMode,
  here: T | undefined,
  remote: T | undefined,
): Placing<T> | undefined {
  if (here?.descriptor.isLocalOnly) return { tool: here };
  if (mode === 'remote') return remote && { tool: remote };
  if (here && remote?.descriptor.weight === 'heavy') return { tool: remote, standIn: here };
  if (here) return { tool: here };
  if (!remote || (mode === 'local' && remote.descriptor.weight === 'light')) return undefined;
  return { tool: remote };
}
