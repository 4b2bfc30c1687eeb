import {
  findPlugins,
  type Manifest,
  type Plan,
  type PlanInput,
  type Planned,
  type PlanOptions,
  planManifest,
} from '@tiercel/kernel';

/** What a plan was made from. Explanations say more with it: where a value stands, which variable sets it, what was left out. */
export type PlanOrigin = Pick<PlanInput, 'manifest' | 'plugins' | 'environment'>;

export interface ReadPlan {
  readonly plan: Plan;
  readonly origin: PlanOrigin;
}

/** Plans a manifest, and reads also what the plugins declare that its conditions leave out. */
export async function readPlan(options: PlanOptions): Promise<ReadPlan> {
  return await withSkipped(await planManifest(options));
}

/** The same for a plan that is there already. */
export async function withSkipped({ plan, input, options }: Planned): Promise<ReadPlan> {
  const left = await findPlugins(onlySkipped(input.manifest, plan), {
    given: options.plugins,
    catalogue: options.catalogue,
  });
  return { plan, origin: { ...input, plugins: new Map([...input.plugins, ...left]) } };
}

/** A manifest of the entries that a plan skipped, as if each of them were wanted. */
function onlySkipped(manifest: Manifest, { skipped }: Plan): Manifest {
  const plugins = skipped.flatMap(({ plugin }) => {
    const entry = manifest.plugins.get(plugin);
    return entry ? [[plugin, { ...entry, when: undefined }] as const] : [];
  });
  return { ...manifest, plugins: new Map(plugins) };
}
