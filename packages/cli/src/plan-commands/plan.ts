import { describePlan, planJson } from '@tiercel/plans';
import type { Context } from '../context.js';
import { EXIT } from '../exit-code.js';
import { planFor, tellProblems } from './plan-for.js';

export interface PlanOptions {
  readonly json?: boolean;
}

/** Shows everything that is decided for a manifest, and then what is wrong with it. */
export async function plan(
  { terminal }: Context,
  named: string | undefined,
  { json = false }: PlanOptions,
): Promise<number> {
  const read = await planFor(named, terminal);
  if (json) {
    terminal.print(JSON.stringify(planJson(read.plan, read.origin), undefined, 2));
    return read.plan.problems.length > 0 ? EXIT.refused : 0;
  }
  terminal.print(describePlan(read.plan, read.origin));
  return tellProblems(read, terminal);
}
