import { Discovery } from '@tiercel/capabilities/discovery';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import type { Node } from '@tiercel/kernel';
import { bootNode } from '../boot-node.js';
import type { Context } from '../context.js';

/** Starts what the tools of a tier need, and nothing else of it. The caller stops the node. */
export async function bootTools(
  context: Context,
  tier: string | undefined,
): Promise<{ readonly node: Node; readonly registry: ToolRegistry }> {
  const node = await bootNode(context, {
    tier,
    only: [ToolRegistry.id],
    // Tools of another machine may have to be found first.
    ifOffered: [ToolProvider.id, Discovery.id],
  });
  return { node, registry: node.get(ToolRegistry) };
}
