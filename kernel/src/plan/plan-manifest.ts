import { loadManifest, type ManifestData } from '../manifest/load-manifest.js';
import type { Environment } from '../manifest/when.js';
import type { Placement } from '../node/placement.js';
import type { Plugin } from '../plugin/plugin.js';
import { type Estimator, estimateNeeds } from './estimate-needs.js';
import { readConfigFiles } from './fill-in.js';
import { type Catalogue, findModule, findPlugins } from './find-plugins.js';
import { type Machine, measureMachine } from './machine.js';
import { type Plan, type PlanInput, plan } from './plan.js';

export interface PlanOptions {
  /** Path of a tier manifest, or a manifest as data. */
  readonly manifest: string | ManifestData;
  /** Laid over the manifest: maps merge by key, `null` removes. */
  readonly overlay?: Partial<ManifestData> | undefined;
  /** Plugin objects that are here already; matched by package name before anything is looked up. */
  readonly plugins?: readonly Plugin[] | undefined;
  /** Default: `process.env`. */
  readonly environment?: Environment | undefined;
  /** Where a manifest given as data looks for packages. Default: the working directory. */
  readonly directory?: string | undefined;
  /** Declarations of packages that may not be installed, so that they can be planned with all the same. */
  readonly catalogue?: Catalogue | undefined;
  /** Ways to run plugins in other places; what is not here is looked up as `@tiercel/placement-<name>`. */
  readonly placements?: readonly Placement[] | undefined;
  /** What the plugins must fit on where the manifest declares no device. Default: this machine; `null`: nothing. */
  readonly machine?: Machine | null | undefined;
  /** Those who can tell what a plugin needs with its configuration, by the name that plugins call them. Default: nobody. */
  readonly estimators?: Readonly<Record<string, Estimator>> | undefined;
}

/** A plan, and what it was made from. */
export interface Planned {
  readonly plan: Plan;
  readonly input: PlanInput;
  readonly options: Omit<PlanOptions, 'manifest'>;
}

/**
 * Reads a manifest and what the packages it names declare, and plans. Runs no plugin code. Problems are in the plan;
 * nothing is started.
 */
export async function planManifest(options: PlanOptions): Promise<Planned> {
  const environment = options.environment ?? process.env;
  const { overlay, directory, plugins: given, catalogue, machine = measureMachine() } = options;
  const manifest = await loadManifest(options.manifest, { overlay, directory });
  const plugins = await findPlugins(manifest, { given, environment, catalogue });
  const declarations = [...plugins.values()].flatMap((found) =>
    found.state === 'found' || found.state === 'absent' ? found.declaration : [],
  );
  const placements = new Map<string, string | undefined>();
  for (const { placement } of manifest.plugins.values()) {
    if (placement === 'inline' || placements.has(placement)) continue;
    const isGiven = options.placements?.some(({ name }) => name === placement);
    const module = isGiven
      ? undefined
      : await findModule(`@tiercel/placement-${placement}`, manifest.directory);
    if (isGiven || module !== undefined) placements.set(placement, module);
  }
  const input: PlanInput = {
    manifest,
    plugins,
    environment,
    files: await readConfigFiles(manifest, declarations, environment),
    placements,
    machine: machine ?? undefined,
  };
  const declared = plan(input);
  const needs = await estimateNeeds(declared.plugins, options.estimators ?? {});
  if (needs.size === 0) return { plan: declared, input, options };
  const estimated = { ...input, needs };
  return { plan: plan(estimated), input: estimated, options };
}
