import { KernelError } from './errors.js';
import { loadManifest, type ManifestData } from './load-manifest.js';
import { loadPlugins } from './load-plugins.js';
import { Node, type StartOptions } from './node.js';
import { type Plan, plan } from './plan.js';
import type { Plugin } from './plugin.js';
import type { Environment } from './when.js';

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
}

export interface BootOptions extends PlanOptions, StartOptions {}

/** Reads a manifest, imports the packages it names and plans. Problems are in the plan; nothing is started. */
export async function planManifest(options: PlanOptions): Promise<{
  readonly plan: Plan;
  /** By manifest key. */
  readonly plugins: ReadonlyMap<string, Plugin>;
}> {
  const environment = options.environment ?? process.env;
  const { overlay, directory } = options;
  const manifest = await loadManifest(options.manifest, { overlay, directory });
  const loaded = await loadPlugins(manifest, { given: options.plugins, environment });
  const plugins = new Map<string, Plugin>();
  for (const [key, entry] of loaded) if (entry.state === 'loaded') plugins.set(key, entry.plugin);
  return { plan: plan({ manifest, plugins: loaded, environment }), plugins };
}

/**
 * Plans a manifest and starts the node: `await using node = await boot({ manifest: 'tier.yaml' })`.
 * Throws `KERNEL_PLAN_INVALID` with every problem before anything is started, or `KERNEL_BOOT_FAILED` after a full roll-back.
 */
export async function boot(options: BootOptions): Promise<Node> {
  const { plan: planned, plugins } = await planManifest(options);
  if (planned.problems.length > 0) {
    throw new KernelError('KERNEL_PLAN_INVALID', { source: planned.source, problems: planned.problems });
  }
  return await Node.start(planned, plugins, options);
}
