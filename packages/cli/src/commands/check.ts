import { formatProblems, type Plan, planManifest } from '@tiercel/kernel';
import type { Context } from '../context.js';
import { EXIT } from '../exit-code.js';
import { resolveTier } from '../resolve-tier.js';

export interface CheckOptions {
  readonly json?: boolean;
}

/** Plans a manifest and tells all that is wrong with it. */
export async function check(
  { terminal }: Context,
  named: string | undefined,
  { json = false }: CheckOptions,
): Promise<number> {
  const manifest = resolveTier(named, terminal);
  const { plan } = await planManifest({ manifest, environment: terminal.environment });
  if (json) terminal.print(JSON.stringify(toJson(plan), undefined, 2));
  else {
    for (const warning of plan.warnings) terminal.note(`warning: ${warning}\n`);
    if (plan.problems.length > 0) terminal.note(`${formatProblems(plan.source, plan.problems)}\n`);
    else terminal.print(describe(plan));
  }
  return plan.problems.length > 0 ? EXIT.refused : 0;
}

function describe(plan: Plan): string {
  const width = Math.max(...plan.plugins.map(({ key }) => key.length), 0);
  const lines = plan.plugins.map(({ key, declaration }) => {
    const provided = declaration.provides.map(({ capability }) => capability);
    return `  ${key.padEnd(width)}  ${[...new Set(provided)].join(', ')}`;
  });
  const skipped = plan.skipped.map(({ plugin, when }) => `  ${plugin.padEnd(width)}  not started: ${when}`);
  return [
    `${plan.source} is sound: tier ${plan.tier}, ${plan.plugins.length} plugins, about ${plan.memoryMiB} MiB.`,
    ...lines,
    ...skipped,
  ].join('\n');
}

function toJson(plan: Plan): object {
  return {
    tier: plan.tier,
    source: plan.source,
    isSound: plan.problems.length === 0,
    plugins: plan.plugins.map(({ key, declaration }) => ({
      plugin: key,
      package: declaration.name,
      version: declaration.version,
      provides: declaration.provides.map(({ capability }) => capability),
    })),
    skipped: plan.skipped,
    memoryMiB: plan.memoryMiB,
    problems: plan.problems,
    warnings: plan.warnings,
  };
}
