import type { MethodShape } from './capability.js';
import type { ConfigSchema } from './config-schema.js';
import type { Needs, Plugin } from './plugin.js';
import { normalizeRequirement } from './requirement.js';

/** What a plugin states about itself, as plain data: all that planning ever looks at. */
export interface PluginDeclaration {
  readonly name: string;
  readonly version: string;
  readonly provides: readonly DeclaredProvision[];
  readonly requires: readonly DeclaredRequirement[];
  readonly config: ConfigSchema;
  readonly needs: Needs;
}

/** A contract as data: enough to call a provider from another process. */
export interface DeclaredContract {
  readonly capability: string;
  readonly version: string;
  readonly methods: Readonly<Record<string, MethodShape>>;
}

export interface DeclaredProvision extends DeclaredContract {
  /** Key under which `setup` returns the provider. */
  readonly provider: string;
  readonly features: Readonly<Record<string, unknown>>;
  /** Whether several providers can act as one. */
  readonly composes: boolean;
}

export interface DeclaredRequirement extends DeclaredContract {
  /** Key under which `setup` receives it. */
  readonly dep: string;
  readonly kind: 'one' | 'optional' | 'many' | 'lazy';
  /** Semver range of the contract. */
  readonly version: string;
}

/** Throws `KERNEL_REQUIREMENT_INVALID` for a requirement that names no capability. */
export function declarationOf(plugin: Plugin): PluginDeclaration {
  return {
    name: plugin.name,
    version: plugin.version,
    provides: Object.entries(plugin.provides).map(([provider, { capability, features }]) => ({
      provider,
      capability: capability.id,
      version: capability.version,
      methods: capability.methods,
      features,
      composes: capability.compose !== undefined,
    })),
    requires: Object.entries(plugin.requires).map(([dep, value]) => {
      const { kind, capability, version } = normalizeRequirement(value, dep);
      return { dep, kind, capability: capability.id, version, methods: capability.methods };
    }),
    config: plugin.config,
    needs: plugin.needs,
  };
}
