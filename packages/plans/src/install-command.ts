import type { Plan } from '@tiercel/kernel';
import type { PlanOrigin } from './read-plan.js';

export interface MissingPackage {
  readonly package: string;
  /** Exact, or the range of the manifest where nothing else is known; absent where that is silent, too. */
  readonly version?: string | undefined;
}

/**
 * Everything that must be installed before a plan can start: plugins that are known but not here, and with `origin` also
 * those of which nothing is known but the name, unless that looks like a slip of the pen, and missing placements.
 */
export function missingPackages(plan: Plan, origin?: PlanOrigin): readonly MissingPackage[] {
  const missing = new Map<string, MissingPackage>(plan.install.map((each) => [each.package, each]));
  const skipped = new Set(plan.skipped.map(({ plugin }) => plugin));
  for (const { key, use, version, placement } of origin?.manifest.plugins.values() ?? []) {
    if (skipped.has(key)) continue;
    const found = origin?.plugins.get(key);
    const isUnknown = found?.state === 'unknown' && found.near === undefined && !/^[./]/.test(use);
    if (isUnknown && !missing.has(use)) missing.set(use, { package: use, version });
    const isPlanned = found?.state === 'found' || found?.state === 'absent';
    if (!isPlanned || placement === 'inline' || plan.placements.has(placement)) continue;
    const name = `@tiercel/placement-${placement}`;
    missing.set(name, { package: name });
  }
  return [...missing.values()];
}

/** One command that installs them all; `undefined` where nothing is missing. */
export function installCommand(packages: readonly MissingPackage[]): string | undefined {
  if (packages.length === 0) return undefined;
  const specs = packages.map(({ package: name, version }) =>
    quoted(version === undefined ? name : `${name}@${version}`),
  );
  return `npm install --save-exact ${specs.join(' ')}`;
}

/** For a shell: as it is where that is safe, else between single quotes. */
function quoted(text: string): string {
  return /^[\w@./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
