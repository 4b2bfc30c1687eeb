import {
  type ConfigSchema,
  type Plan,
  type PlannedPlugin,
  type PluginEntry,
  pluginFileOf,
} from '@tiercel/kernel';
import type { PlanOrigin } from '../read-plan.js';
import { isReference } from '../settings.js';
import { type ArtifactRef, artifactsOf } from './artifacts-of.js';
import { fingerprint } from './fingerprint.js';
import { type Lock, type LockedArtifact, type LockedPlugin, lockVersion } from './lock.js';

export interface LockOptions {
  /** Finds the files behind the name of an artifact. Its errors are passed on. Default: artifacts are locked by name only. */
  readonly resolveArtifact?: (artifact: ArtifactRef) => Promise<LockedArtifact['files']>;
}

/**
 * Pins a plan. What the manifest takes from variables and files by reference (`${env:NAME}`, `${file:PATH}`) is pinned as
 * it is written, so the value may differ from machine to machine.
 */
export async function lockOf(plan: Plan, origin: PlanOrigin, options: LockOptions = {}): Promise<Lock> {
  const plugins: [string, LockedPlugin][] = [];
  for (const planned of plan.plugins) plugins.push([planned.key, await lockPlugin(planned, options)]);
  return {
    lockVersion,
    tier: plan.tier,
    manifestSha256: fingerprint(contentOf(origin)),
    plugins: Object.fromEntries(plugins),
    skipped: Object.fromEntries(plan.skipped.map(({ plugin, when }) => [plugin, when])),
    bindings: Object.fromEntries(
      [...plan.bindings].map(([capability, providers]) => [
        capability,
        providers.map(({ plugin }) => plugin),
      ]),
    ),
    memoryMiB: memoryOf(plan),
  };
}

/** What a plan takes of memory: with the kernel and its children where that was compared with a device, else what plugins state. */
export function memoryOf({ fit, memoryMiB }: Plan): number {
  return fit.find(({ resource }) => resource === 'memory')?.needed ?? memoryMiB;
}

async function lockPlugin(planned: PlannedPlugin, { resolveArtifact }: LockOptions): Promise<LockedPlugin> {
  const { declaration, entry } = planned;
  const artifacts: [string, LockedArtifact][] = [];
  for (const artifact of artifactsOf(planned)) {
    const files = (await resolveArtifact?.(artifact)) ?? {};
    artifacts.push([artifact.key, { name: artifact.name, files }]);
  }
  return {
    package: declaration.name,
    version: declaration.version,
    declarationSha256: fingerprint(pluginFileOf(declaration)),
    placement: entry.placement,
    boot: entry.boot,
    ...(entry.when !== undefined && { when: entry.when }),
    config: configOf(planned),
    artifacts: Object.fromEntries(artifacts),
  };
}

function configOf({ declaration, config, configSources, entry }: PlannedPlugin): LockedPlugin['config'] {
  const pinned = Object.entries(declaration.config).flatMap(([key, { sensitive }]) => {
    const source = Object.hasOwn(configSources, key) ? configSources[key] : 'default';
    if (sensitive || source === 'default' || source === 'file') return [];
    const written = entry.config[key];
    return [[key, fingerprint(source === 'manifest' && isReference(written) ? written : config[key])]];
  });
  return Object.fromEntries(pinned);
}

/** A manifest without secrets. Where nobody knows which keys are secret, only the names of the keys are left. */
function contentOf({ manifest, plugins }: PlanOrigin): unknown {
  const { tier, title, device, requires, bind } = manifest;
  return {
    tier,
    title,
    device,
    requires,
    bind: Object.fromEntries(bind),
    plugins: [...manifest.plugins.values()].map((entry) => {
      const found = plugins.get(entry.key);
      const schema = found && 'declaration' in found ? found.declaration.config : undefined;
      return { ...entry, config: withoutSecrets(entry.config, schema) };
    }),
  };
}

function withoutSecrets(config: PluginEntry['config'], schema: ConfigSchema | undefined): unknown {
  if (!schema) return Object.keys(config).toSorted();
  return Object.fromEntries(
    Object.entries(config).filter(([key]) => !(Object.hasOwn(schema, key) && schema[key]?.sensitive)),
  );
}
