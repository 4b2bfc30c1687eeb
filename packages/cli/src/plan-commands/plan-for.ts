import { formatProblems, KernelError } from '@tiercel/kernel';
import { type ReadPlan, readPlan } from '@tiercel/plans';
import { pluginCatalogue } from '@tiercel/tiers';
import { estimatorsFor } from '../estimators.js';
import { EXIT } from '../exit-code.js';
import { resolveTier } from '../resolve-tier.js';
import type { Terminal } from '../terminal.js';

/** Plans what a command line names. What ships and is not installed takes part by what it declares. */
export async function planFor(named: string | undefined, terminal: Terminal): Promise<ReadPlan> {
  const manifest = resolveTier(named, terminal);
  const catalogue = await pluginCatalogue();
  const estimators = estimatorsFor(terminal);
  return await readPlan({ manifest, environment: terminal.environment, catalogue, estimators });
}

/** The same, for what can only be done with a plan without problems. Throws `KERNEL_PLAN_INVALID`. */
export async function soundPlanFor(named: string | undefined, terminal: Terminal): Promise<ReadPlan> {
  const read = await planFor(named, terminal);
  const { source, problems, warnings } = read.plan;
  for (const warning of warnings) terminal.note(`warning: ${warning}\n`);
  if (problems.length > 0) throw new KernelError('KERNEL_PLAN_INVALID', { source, problems });
  return read;
}

/** Notes warnings and problems of a plan, and says what the command should end with. */
export function tellProblems({ plan }: ReadPlan, terminal: Terminal): number {
  for (const warning of plan.warnings) terminal.note(`warning: ${warning}\n`);
  if (plan.problems.length === 0) return 0;
  terminal.note(`${formatProblems(plan.source, plan.problems)}\n`);
  return EXIT.refused;
}
