import type { Fit, Plan, PlannedDep, Problem } from '@tiercel/kernel';
import { consumersIn } from './consumers.js';
import { installCommand, type MissingPackage, missingPackages } from './install-command.js';
import type { PlanOrigin } from './read-plan.js';
import { type Setting, settingsOf } from './settings.js';

/** A plan as data that JSON can hold. */
export interface PlanJson {
  readonly tier: string;
  readonly source: string;
  /** Whether the plan has no problems. It may still need packages: see `install`. */
  readonly isSound: boolean;
  readonly requires: readonly string[];
  /** In start order. */
  readonly plugins: readonly {
    readonly plugin: string;
    readonly package: string;
    readonly version: string;
    readonly source: 'given' | 'installed' | 'catalogue';
    readonly level: number;
    readonly placement: string;
    readonly boot: 'required' | 'degrade';
    readonly memoryMiB?: number;
    readonly provides: readonly string[];
    /** Plugins that take something of this one. */
    readonly serves: readonly { readonly plugin: string; readonly capability: string }[];
    readonly requires: readonly {
      readonly capability: string;
      readonly kind: PlannedDep['kind'];
      readonly from: readonly string[];
    }[];
    readonly config: readonly Setting[];
  }[];
  readonly bindings: Readonly<Record<string, readonly string[]>>;
  readonly skipped: Plan['skipped'];
  readonly memoryMiB: number;
  readonly fit: readonly Fit[];
  readonly install: readonly MissingPackage[];
  readonly installCommand?: string;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Everything that `describePlan` tells, with the problems, as data. Secrets are not in it. */
export function planJson(plan: Plan, origin?: PlanOrigin): PlanJson {
  const consumersOf = consumersIn(plan);
  const install = missingPackages(plan, origin);
  const command = installCommand(install);
  const { tier, source, requires, skipped, memoryMiB, fit, problems, warnings } = plan;
  return {
    tier,
    source,
    isSound: problems.length === 0,
    requires,
    plugins: plan.plugins.map((planned) => {
      const { key, declaration, entry, deps } = planned;
      const provides = [...new Set(declaration.provides.map(({ capability }) => capability))];
      const needed = planned.needs.memoryMiB;
      return {
        plugin: key,
        package: declaration.name,
        version: declaration.version,
        source: planned.source,
        level: planned.level,
        placement: entry.placement,
        boot: entry.boot,
        ...(needed !== undefined && { memoryMiB: needed }),
        provides,
        serves: provides.flatMap((capability) =>
          consumersOf(key, capability).map(({ plugin }) => ({ plugin, capability })),
        ),
        requires: deps.map(({ capability, kind, providers }) => ({
          capability,
          kind,
          from: providers.map(({ plugin }) => plugin),
        })),
        config: settingsOf(planned, origin),
      };
    }),
    bindings: Object.fromEntries(
      [...plan.bindings].map(([capability, providers]) => [
        capability,
        providers.map(({ plugin }) => plugin),
      ]),
    ),
    skipped,
    memoryMiB,
    fit,
    install,
    ...(command !== undefined && { installCommand: command }),
    problems,
    warnings,
  };
}
