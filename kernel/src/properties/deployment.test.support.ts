/** A deployment as a model: what stands in its manifest, what its packages declare, and what surrounds both. */
import path from 'node:path';
import type { Device } from '../manifest/manifest.js';
import type { FoundPlugin } from '../plan/find-plugins.js';
import { type Capability, defineCapability } from '../plugin/capability.js';
import type { ConfigKey } from '../plugin/config-schema.js';
import { definePlugin, type Needs, type Plugin, provide } from '../plugin/plugin.js';
import { lazy, many, one, optional } from '../plugin/requirement.js';
import { found, installed } from '../plugins.test.support.js';
import type { Doc } from './documents.test.support.js';
import type { FormatSamples } from './values.test.support.js';

export interface Contract {
  readonly id: string;
  /** Whether several providers can act as one. */
  readonly composes: boolean;
  /** Whether it works only in the process of its provider. */
  readonly isLocal: boolean;
}

export interface Offer {
  readonly contract: Contract;
  readonly version: string;
}

export interface Want {
  readonly dep: string;
  readonly contract: Contract;
  readonly kind: 'one' | 'optional' | 'many' | 'lazy';
  readonly range: string;
}

/** A configuration key, and what the environment says about it. */
export interface Key {
  readonly name: string;
  readonly samples: FormatSamples;
  readonly fallback: Doc;
  readonly variable: string;
  readonly aliases: readonly string[];
  readonly isSensitive: boolean;
  readonly fromEnvironment?: Doc;
}

export interface Package {
  readonly name: string;
  readonly version: string;
  /** How it comes here: as an object, as an installed package, or only by what a catalogue says of it. */
  readonly source: 'given' | 'installed' | 'catalogue';
  readonly offers: Offer[];
  readonly wants: Want[];
  readonly keys: Key[];
  readonly needs: Needs;
}

/** What a manifest says about one configuration key, and the value that this means; `undefined`: none. */
export interface Setting {
  readonly doc: Doc;
  readonly value: Doc;
  /** Whether a file takes part in it. */
  readonly isFromFile?: boolean;
}

export interface Entry {
  readonly key: string;
  readonly of: Package;
  /** What is said of its package; anything but `here` is a fault. */
  state: 'here' | 'unknown' | 'undeclared' | 'broken';
  readonly version?: string | undefined;
  readonly when?: { readonly doc: string | boolean; readonly text: string; readonly holds: boolean };
  placement?: 'inline' | 'process' | undefined;
  readonly boot?: 'required' | 'degrade' | { readonly mode?: string; readonly timeoutMs?: number };
  readonly settings: ReadonlyMap<string, Setting>;
  /** In which of the manifests that extend each other it stands; 0 is the lowest. */
  readonly layer: number;
}

/** A capability that the manifest promises; `doc`: what stands in its place and is none. */
export interface Promised {
  readonly id: string;
  readonly range?: string | undefined;
  readonly doc?: Doc;
}

export interface Deployment {
  readonly contracts: readonly Contract[];
  /** In the order of the merged manifest. */
  readonly entries: Entry[];
  /** Names in order; one may stand there twice. */
  readonly bind: Map<string, readonly string[]>;
  readonly promises: Promised[];
  device: { -readonly [K in keyof Device]: Device[K] };
  readonly environment: Record<string, string>;
  /** Texts of files by their path from the folder of the manifest. */
  readonly files: Map<string, string>;
  readonly placements: Map<string, string | undefined>;
  /** How many manifests extend each other. */
  readonly layers: number;
}

export const contractVersions = ['1.0.0', '1.2.0', '2.0.0'] as const;

/** Ranges, each with the versions that it accepts: written down, so that nothing computes them. */
export const ranges: Readonly<Record<string, readonly string[]>> = {
  '^1.0.0': ['1.0.0', '1.2.0'],
  '^1.2.0': ['1.2.0'],
  '^2.0.0': ['2.0.0'],
  '*': ['1.0.0', '1.2.0', '2.0.0'],
  '>=1.2': ['1.2.0', '2.0.0'],
  '1.0.0 || 2': ['1.0.0', '2.0.0'],
  '^9': [],
};

function tokenOf({ id, composes, isLocal }: Contract, version: string): Capability<object> {
  const methods = { answer: isLocal ? 'local' : 'unary' };
  const compose = () => ({});
  return defineCapability<object>()({ id, version, methods, ...(composes && { compose }) });
}

const forms = { one, optional, many, lazy };

/** The plugin object that has the declarations of a package. */
export function pluginOf({ name, version, offers, wants, keys, needs }: Package): Plugin {
  return definePlugin({
    name,
    version,
    needs,
    provides: Object.fromEntries(
      offers.map(({ contract, version: of }) => [`my-${contract.id}`, provide(tokenOf(contract, of))]),
    ),
    requires: Object.fromEntries(
      wants.map(({ dep, contract, kind, range }) => {
        const token = tokenOf(contract, '1.2.0');
        return [dep, kind === 'one' && range === '^1.2.0' ? token : forms[kind](token, { version: range })];
      }),
    ),
    config: Object.fromEntries(keys.map((key) => [key.name, configKeyOf(key)])),
    setup: () => {
      throw new Error('Planning runs no setup.');
    },
  });
}

function configKeyOf({ name, samples, fallback, variable, aliases, isSensitive }: Key): ConfigKey {
  const { format, min, max } = samples;
  return {
    doc: `Sets ${name}.`,
    format,
    default: fallback as never,
    env: variable,
    aliases,
    sensitive: isSensitive,
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  };
}

/** What would be found behind the entries of a deployment. */
export function foundPluginsOf({ entries }: Deployment): ReadonlyMap<string, FoundPlugin> {
  const found = new Map<Package, FoundPlugin>();
  return new Map(
    entries.map(({ key, of, state }): [string, FoundPlugin] => {
      if (state === 'unknown') return [key, { state }];
      if (state === 'undeclared') return [key, { state, build: `node_modules/${of.name}` }];
      if (state === 'broken') return [key, { state, finding: 'it is not JSON' }];
      const known = found.get(of) ?? foundOf(of);
      found.set(of, known);
      return [key, known];
    }),
  );
}

function foundOf(of: Package): FoundPlugin {
  const plugin = pluginOf(of);
  if (of.source === 'given') return found(plugin);
  const { declaration } = found(plugin) as FoundPlugin & { readonly state: 'found' };
  return of.source === 'catalogue' ? { state: 'absent', declaration } : installed(plugin);
}

export function configFilesOf({ files }: Deployment, directory: string) {
  return new Map([...files].map(([file, text]) => [path.resolve(directory, file), { text }]));
}
