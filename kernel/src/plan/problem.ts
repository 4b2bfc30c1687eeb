import type { Position } from '../manifest/manifest.js';

/** One fault of a manifest or plan. A plan reports all of them at once. */
export interface Problem {
  /** A key of the catalogue in `problems.ts`. */
  readonly code: string;
  /** What is wrong. */
  readonly message: string;
  /** What to do next. */
  readonly fix: string;
  /** Where in the manifest; absent when the fault is in a plugin's own declaration. */
  readonly at?: Position | undefined;
  /** How the planner got here, outermost first. */
  readonly chain?: readonly string[] | undefined;
  /** Providers that were looked at, and why each is out. */
  readonly excluded?: readonly { readonly plugin: string; readonly why: string }[] | undefined;
}

/** `file:line:column`, or only the name of what has no lines. */
export function formatPosition(at: Position): string {
  return at.line === 0 ? at.file : `${at.file}:${at.line}:${at.column}`;
}

/** The problems as one readable text, a paragraph each, in the order of the manifest. */
export function formatProblems(source: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return [`${source} has ${count}.`, ...problems.map(formatProblem)].join('\n');
}

function formatProblem(problem: Problem): string {
  const where = problem.at ? `${formatPosition(problem.at)} ` : '';
  const lines = [`${where}${problem.code}`, `  ${problem.message}`];
  if (problem.chain?.length) lines.push(`  needed by ${problem.chain.join(' → ')}`);
  for (const { plugin, why } of problem.excluded ?? []) lines.push(`  not ${plugin}: ${why}`);
  lines.push(`  Fix: ${problem.fix}`);
  return lines.join('\n');
}
