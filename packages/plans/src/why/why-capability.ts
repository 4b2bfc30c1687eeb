import type { Plan, PlannedDep, Position } from '@tiercel/kernel';
import { chainsOf, promiseOf } from '../chains.js';
import type { PlanOrigin } from '../read-plan.js';
import { nearestNames } from './nearest-names.js';

/** Who serves a capability on this node, why, and for whom. */
export interface CapabilityAnswer {
  readonly capability: string;
  /**
   * `bound`: the manifest says so · `only`: there is no other · `shared`: nobody asks for a single one ·
   * `ambiguous`: somebody does, and nothing says which · `nobody` serves it · `unknown`: nothing here speaks of it
   */
  readonly verdict: 'bound' | 'only' | 'shared' | 'ambiguous' | 'nobody' | 'unknown';
  /** In order of preference. */
  readonly servedBy: readonly {
    readonly plugin: string;
    readonly package: string;
    /** Of the contract. */
    readonly version: string;
  }[];
  /** Where the manifest binds it. */
  readonly boundAt?: Position;
  /** Listed plugins that could serve, or might, and do not. */
  readonly out: readonly { readonly plugin: string; readonly why: string }[];
  readonly askedBy: readonly Asker[];
  /** For an unknown name: what may have been meant. */
  readonly near: readonly string[];
}

/** Somebody who asks for a capability. */
export interface Asker {
  /** Absent when the manifest itself promises it. */
  readonly plugin?: string;
  readonly kind?: PlannedDep['kind'];
  /** Accepted versions of the contract. */
  readonly range?: string;
  /** How a promise leads to the plugin, itself last; empty where none does. */
  readonly chain: readonly string[];
  /** In order of preference. */
  readonly servedBy: readonly string[];
}

export function whyCapability(plan: Plan, capability: string, origin?: PlanOrigin): CapabilityAnswer {
  const known = knownCapabilities(plan, origin);
  const offers = plan.bindings.get(capability) ?? [];
  const packages = new Map(plan.plugins.map(({ key, declaration }) => [key, declaration.name]));
  const servedBy = offers.map(({ plugin, version }) => {
    return { plugin, package: packages.get(plugin) ?? plugin, version };
  });
  const askedBy = askersOf(plan, capability);
  const others = providersIn(plan, capability).filter((key) => !offers.some(({ plugin }) => plugin === key));
  const isBound = others.length > 0 || (offers.length > 0 && origin?.manifest.bind.has(capability) === true);
  const boundAt = isBound ? origin?.manifest.at('bind', capability) : undefined;
  const verdict = verdictOf({ isKnown: known.has(capability), isBound, providers: offers.length, askedBy });
  return {
    capability,
    verdict,
    servedBy,
    ...(boundAt && { boundAt }),
    out: [
      ...others.map((plugin) => ({ plugin, why: 'the manifest binds another plugin' })),
      ...absentProviders(plan, capability, verdict === 'nobody', origin),
    ],
    askedBy,
    near: verdict === 'unknown' ? nearestNames(capability, known) : [],
  };
}

function verdictOf(facts: {
  readonly isKnown: boolean;
  readonly isBound: boolean;
  readonly providers: number;
  readonly askedBy: readonly Asker[];
}): CapabilityAnswer['verdict'] {
  if (facts.providers === 0) return facts.isKnown ? 'nobody' : 'unknown';
  if (facts.isBound) return 'bound';
  if (facts.providers === 1) return 'only';
  const isSingleWanted = facts.askedBy.some(({ kind }) => kind !== undefined && kind !== 'many');
  return isSingleWanted ? 'ambiguous' : 'shared';
}

/** Every capability that a plan, or what it was made from, speaks of. */
export function knownCapabilities(plan: Plan, origin?: PlanOrigin): ReadonlySet<string> {
  const declarations = plan.plugins.map(({ declaration }) => declaration);
  for (const found of origin?.plugins.values() ?? []) {
    if ('declaration' in found) declarations.push(found.declaration);
  }
  return new Set([
    ...plan.requires.map((promise) => promiseOf(promise).capability),
    ...plan.bindings.keys(),
    ...(origin?.manifest.bind.keys() ?? []),
    ...declarations.flatMap(({ provides, requires }) =>
      [...provides, ...requires].map(({ capability }) => capability),
    ),
  ]);
}

function providersIn({ plugins }: Plan, capability: string): readonly string[] {
  return plugins
    .filter(({ declaration }) => declaration.provides.some((each) => each.capability === capability))
    .map(({ key }) => key);
}

/** Listed plugins that take no part in the plan and provide `capability`, or of which nobody knows whether they do. */
function absentProviders(
  plan: Plan,
  capability: string,
  withUnknown: boolean,
  origin: PlanOrigin | undefined,
): CapabilityAnswer['out'] {
  const planned = new Set(plan.plugins.map(({ key }) => key));
  const conditions = new Map(plan.skipped.map(({ plugin, when }) => [plugin, when]));
  const listed = new Set([...conditions.keys(), ...(origin?.manifest.plugins.keys() ?? [])]);
  return [...listed].flatMap((plugin) => {
    if (planned.has(plugin)) return [];
    const found = origin?.plugins.get(plugin);
    const declaration = found && 'declaration' in found ? found.declaration : undefined;
    const when = conditions.get(plugin);
    const why = when === undefined ? undefined : `its "when: ${when}" does not hold`;
    if (declaration) {
      const isProvider = declaration.provides.some((each) => each.capability === capability);
      return isProvider && why !== undefined ? [{ plugin, why }] : [];
    }
    if (!withUnknown) return [];
    const use = origin?.manifest.plugins.get(plugin)?.use ?? plugin;
    const mystery = `nothing is known about ${use}, so it may provide this`;
    return [{ plugin, why: why === undefined ? mystery : `${why}, and ${mystery}` }];
  });
}

function askersOf(plan: Plan, capability: string): readonly Asker[] {
  const chains = chainsOf(plan);
  const served = (plan.bindings.get(capability) ?? []).map(({ plugin }) => plugin);
  const promises = plan.requires.flatMap((promise): Asker[] => {
    const { capability: promised, range } = promiseOf(promise);
    if (promised !== capability) return [];
    return [{ ...(range !== undefined && { range }), chain: [], servedBy: served }];
  });
  const plugins = plan.plugins.flatMap(({ key: plugin, deps, declaration }) =>
    deps
      .filter((dep) => dep.capability === capability)
      .map(({ dep, kind, providers }): Asker => {
        const range = declaration.requires.find((each) => each.dep === dep)?.version;
        return {
          plugin,
          kind,
          ...(range !== undefined && { range }),
          chain: chains.get(plugin) ?? [],
          servedBy: providers.map((provider) => provider.plugin),
        };
      }),
  );
  return [...promises, ...plugins];
}
