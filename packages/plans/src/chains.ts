import type { Plan } from '@tiercel/kernel';

/**
 * How a promise of the manifest leads to each plugin, by plugin: `requires: assistant`, then the plugins on the way, the one
 * itself last. The shortest way counts; a plugin that no promise leads to is not there.
 */
export function chainsOf(plan: Plan): ReadonlyMap<string, readonly string[]> {
  const byKey = new Map(plan.plugins.map((planned) => [planned.key, planned]));
  const chains = new Map<string, readonly string[]>();
  const reach = (plugin: string, before: readonly string[]) => {
    if (!chains.has(plugin)) chains.set(plugin, [...before, plugin]);
  };
  for (const promise of plan.requires) {
    for (const { plugin } of plan.bindings.get(promiseOf(promise).capability) ?? []) {
      reach(plugin, [`requires: ${promise}`]);
    }
  }
  // `chains` grows while it is walked, so what is nearest to a promise comes first.
  for (const [key, chain] of chains) {
    for (const { providers } of byKey.get(key)?.deps ?? []) {
      for (const { plugin } of providers) reach(plugin, chain);
    }
  }
  return chains;
}

/** What the manifest promises with `capability` or `capability@range`. */
export function promiseOf(text: string): { readonly capability: string; readonly range?: string } {
  const [capability = text, range] = text.split('@');
  return range === undefined ? { capability } : { capability, range };
}
