import { KernelError, type ManifestData, type PlanOptions, planManifest } from '@tiercel/kernel';

/**
 * An overlay that removes from a manifest every plugin that none of `capabilities` needs, directly or through others.
 * What is there for one of `optional` stays too.
 */
export async function reduceTo(
  capabilities: readonly string[],
  options: PlanOptions,
  optional: readonly string[] = [],
): Promise<Partial<ManifestData>> {
  const { plan, input } = await planManifest(options);
  if (plan.problems.length > 0) {
    throw new KernelError('KERNEL_PLAN_INVALID', { source: plan.source, problems: plan.problems });
  }
  const byKey = new Map(plan.plugins.map((planned) => [planned.key, planned]));
  const kept = new Set<string>();
  const keep = (key: string): void => {
    if (kept.has(key)) return;
    kept.add(key);
    for (const { kind, providers } of byKey.get(key)?.deps ?? []) {
      if (kind !== 'one' && kind !== 'lazy') continue;
      for (const { plugin } of providers) keep(plugin);
    }
  };
  for (const id of [...capabilities, ...optional]) {
    for (const { plugin } of plan.bindings.get(id) ?? []) keep(plugin);
  }
  const removed = plan.plugins.filter(({ key }) => !kept.has(key)).map(({ key }) => [key, null]);
  // A binding must not name what is removed; what the manifest skips by itself may stay in it.
  const isLeft = (name: string) => kept.has(name) || !byKey.has(name);
  const bound = [...input.manifest.bind].map(([id, names]) => [
    id,
    names.some((name) => kept.has(name)) ? names.filter(isLeft) : null,
  ]);
  return {
    requires: capabilities,
    plugins: Object.fromEntries(removed),
    bind: Object.fromEntries(bound),
  };
}
