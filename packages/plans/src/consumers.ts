import type { Plan, PlannedDep } from '@tiercel/kernel';

export interface Consumer {
  readonly plugin: string;
  readonly dep: string;
  readonly kind: PlannedDep['kind'];
}

/** Who takes a capability from a plugin. */
export type ConsumersOf = (plugin: string, capability: string) => readonly Consumer[];

/** Looks through a plan once. */
export function consumersIn(plan: Plan): ConsumersOf {
  const consumers = new Map<string, Consumer[]>();
  const keyOf = (plugin: string, capability: string) => `${plugin}\u0000${capability}`;
  for (const { key: plugin, deps } of plan.plugins) {
    for (const { dep, kind, capability, providers } of deps) {
      for (const provider of new Set(providers.map((each) => each.plugin))) {
        const name = keyOf(provider, capability);
        const list = consumers.get(name) ?? [];
        list.push({ plugin, dep, kind });
        consumers.set(name, list);
      }
    }
  }
  return (plugin, capability) => consumers.get(keyOf(plugin, capability)) ?? [];
}
