import { describeFit, installCommand, missingPackages, planJson, type ReadPlan } from '@tiercel/plans';
import type { Context } from '../context.js';
import { EXIT } from '../exit-code.js';
import { planFor, tellProblems } from './plan-for.js';

export interface CheckOptions {
  readonly json?: boolean;
}

/** Plans a manifest and tells all that is wrong with it. */
export async function check(
  { terminal }: Context,
  named: string | undefined,
  { json = false }: CheckOptions,
): Promise<number> {
  const read = await planFor(named, terminal);
  const { plan, origin } = read;
  if (json) {
    terminal.print(JSON.stringify(planJson(plan, origin), undefined, 2));
    return plan.problems.length > 0 ? EXIT.refused : 0;
  }
  const exitCode = tellProblems(read, terminal);
  if (exitCode === 0) terminal.print(describe(read));
  const command = installCommand(missingPackages(plan, origin));
  if (command !== undefined) terminal.note(`Not everything is installed. Run: ${command}\n`);
  return exitCode;
}

function describe({ plan }: ReadPlan): string {
  const width = Math.max(...[...plan.plugins, ...plan.skipped].map(nameOf).map(({ length }) => length), 0);
  const lines = plan.plugins.map(({ key, declaration }) => {
    const provided = declaration.provides.map(({ capability }) => capability);
    return `  ${key.padEnd(width)}  ${[...new Set(provided)].join(', ')}`;
  });
  const skipped = plan.skipped.map(({ plugin, when }) => `  ${plugin.padEnd(width)}  not started: ${when}`);
  const fit = describeFit(plan);
  return [
    `${plan.source} is sound: tier ${plan.tier}, ${plan.plugins.length} plugins, about ${plan.memoryMiB} MiB.`,
    ...lines,
    ...skipped,
    ...(fit.length > 0 ? ['What it takes:', ...fit] : []),
  ].join('\n');
}

function nameOf(entry: { readonly key: string } | { readonly plugin: string }): string {
  return 'key' in entry ? entry.key : entry.plugin;
}
