import type { Plan, PlannedDep, Position } from '@tiercel/kernel';
import { chainsOf } from '../chains.js';
import { consumersIn } from '../consumers.js';
import type { PlanOrigin } from '../read-plan.js';
import { nearestNames } from './nearest-names.js';

/** Why a plugin is on this node, or is not. */
export interface PluginAnswer {
  readonly plugin: string;
  /** `absent`: listed, but nothing that can be planned with stands behind it · `unlisted`: no manifest names it */
  readonly verdict: 'starts' | 'skipped' | 'absent' | 'unlisted';
  readonly at?: Position;
  readonly package?: string;
  readonly version?: string;
  /** 0 starts first. */
  readonly level?: number;
  readonly placement?: string;
  readonly when?: string;
  /** How a promise of the manifest leads to it, itself last; empty where none does. */
  readonly chain: readonly string[];
  readonly provides: readonly { readonly capability: string; readonly to: readonly string[] }[];
  readonly requires: readonly {
    readonly capability: string;
    readonly kind: PlannedDep['kind'];
    readonly from: readonly string[];
  }[];
  /** For an unlisted name: what may have been meant. */
  readonly near: readonly string[];
}

export function whyPlugin(plan: Plan, plugin: string, origin?: PlanOrigin): PluginAnswer {
  const planned = plan.plugins.find(({ key }) => key === plugin);
  const skipped = plan.skipped.find((each) => each.plugin === plugin);
  const entry = planned?.entry ?? origin?.manifest.plugins.get(plugin);
  const found = origin?.plugins.get(plugin);
  const declaration =
    planned?.declaration ?? (found && 'declaration' in found ? found.declaration : undefined);
  const listed = [
    ...plan.plugins.map(({ key }) => key),
    ...plan.skipped.map((each) => each.plugin),
    ...(origin?.manifest.plugins.keys() ?? []),
  ];
  const verdict = planned ? 'starts' : skipped ? 'skipped' : entry ? 'absent' : 'unlisted';
  const at = verdict === 'unlisted' ? undefined : origin?.manifest.at('plugins', plugin);
  const when = skipped?.when ?? entry?.when;
  const consumersOf = consumersIn(plan);
  const provided = [...new Set(declaration?.provides.map(({ capability }) => capability))];
  return {
    plugin,
    verdict,
    ...(at && { at }),
    ...(declaration && { package: declaration.name, version: declaration.version }),
    ...(planned && { level: planned.level, placement: planned.entry.placement }),
    ...(when !== undefined && { when }),
    chain: chainsOf(plan).get(plugin) ?? [],
    provides: provided.map((capability) => ({
      capability,
      to: [...new Set(consumersOf(plugin, capability).map((consumer) => consumer.plugin))],
    })),
    requires:
      planned?.deps.map(({ capability, kind, providers }) => ({
        capability,
        kind,
        from: providers.map((provider) => provider.plugin),
      })) ?? [],
    near: verdict === 'unlisted' ? nearestNames(plugin, listed) : [],
  };
}
