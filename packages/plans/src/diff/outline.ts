import type { Plan, PlannedPlugin } from '@tiercel/kernel';
import { fingerprint } from '../lock/fingerprint.js';
import type { Lock } from '../lock/lock.js';
import { memoryOf } from '../lock/lock-of.js';
import { isReference, settingsOf, showSetting } from '../settings.js';

/** What a plan and a lock have in common, so that each can be compared with each. */
export interface Outline {
  readonly tier: string;
  readonly plugins: ReadonlyMap<string, OutlinedPlugin>;
  readonly bindings: ReadonlyMap<string, readonly string[]>;
  readonly memoryMiB: number;
}

export interface OutlinedPlugin {
  readonly plugin: string;
  readonly package: string;
  readonly version: string;
  readonly placement: string;
  readonly boot: string;
  /** By key. */
  readonly config: ReadonlyMap<string, OutlinedValue>;
}

export interface OutlinedValue {
  /** Equal for equal values. Never shown. */
  readonly identity: string;
  /** For people; absent where only the fingerprint is known. */
  readonly shown?: string;
}

/** @param asLock whether only what a lock would hold counts: no defaults and no secrets */
export function outlineOf(plan: Plan, asLock: boolean): Outline {
  return {
    tier: plan.tier,
    plugins: new Map(
      plan.plugins.map((planned): [string, OutlinedPlugin] => {
        const { key, declaration, entry } = planned;
        const { name, version } = declaration;
        const { placement, boot } = entry;
        return [
          key,
          { plugin: key, package: name, version, placement, boot, config: configOf(planned, asLock) },
        ];
      }),
    ),
    bindings: new Map(
      [...plan.bindings].map(([capability, providers]) => [
        capability,
        providers.map(({ plugin }) => plugin),
      ]),
    ),
    memoryMiB: memoryOf(plan),
  };
}

export function outlineOfLock({ tier, plugins, bindings, memoryMiB }: Lock): Outline {
  return {
    tier,
    plugins: new Map(
      Object.entries(plugins).map(([plugin, locked]): [string, OutlinedPlugin] => {
        const { package: name, version, placement, boot, config } = locked;
        const values = Object.entries(config).map(([key, identity]) => [key, { identity }] as const);
        return [plugin, { plugin, package: name, version, placement, boot, config: new Map(values) }];
      }),
    ),
    bindings: new Map(Object.entries(bindings)),
    memoryMiB,
  };
}

function configOf(planned: PlannedPlugin, asLock: boolean): OutlinedPlugin['config'] {
  const { entry, config } = planned;
  const values = settingsOf(planned).flatMap((setting): [string, OutlinedValue][] => {
    const { key, source, isSecret } = setting;
    if (asLock && (isSecret || source === 'default')) return [];
    // As in a lock, what stands there by reference counts as it is written; between two plans its value counts, too.
    const isWritten = asLock && source === 'manifest' && isReference(entry.config[key]);
    const identity = fingerprint(isWritten ? entry.config[key] : config[key]);
    return [[key, { identity, shown: showSetting(setting) }]];
  });
  return new Map(values);
}
