import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import type { NodeView } from '@tiercel/kernel';

export interface NamedToolProvider {
  readonly plugin?: string;
  readonly provider: ToolProvider;
}

/** Puts the names of their plugins to the providers, for errors and the audit log. */
export async function nameProviders(
  providers: readonly ToolProvider[],
  node: NodeView,
): Promise<readonly NamedToolProvider[]> {
  const { capabilities } = await node.describe();
  const known = capabilities.find(({ capability }) => capability === ToolProvider.id)?.providers ?? [];
  // Both lists have the order of the manifest; of different length they tell nothing about each other.
  if (known.length !== providers.length) return providers.map((provider) => ({ provider }));
  return providers.map((provider, index) => {
    const plugin = known[index]?.plugin;
    return plugin === undefined ? { provider } : { plugin, provider };
  });
}
