import { type GraphFormat, graph as graphOf } from '@tiercel/plans';
import type { Context } from '../context.js';
import { planFor, tellProblems } from './plan-for.js';

export interface GraphOptions {
  readonly format?: GraphFormat;
  readonly json?: boolean;
}

/** Draws who serves whom; also a plan with problems, for that is when it is looked at. */
export async function graph(
  { terminal }: Context,
  named: string | undefined,
  { format = 'text', json = false }: GraphOptions,
): Promise<number> {
  const read = await planFor(named, terminal);
  terminal.print(graphOf(read.plan, json ? 'json' : format));
  return tellProblems(read, terminal);
}
