import { describeCapabilityAnswer, describePluginAnswer, whyCapability, whyPlugin } from '@tiercel/plans';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { EXIT } from '../exit-code.js';
import { planFor, tellProblems } from './plan-for.js';

export interface WhyOptions {
  readonly tier?: string;
  readonly json?: boolean;
}

/** Explains a capability, a plugin, or both where they have the same name. */
export async function why(
  { terminal }: Context,
  name: string,
  { tier, json = false }: WhyOptions,
): Promise<number> {
  const read = await planFor(tier, terminal);
  const { plan, origin } = read;
  const capability = whyCapability(plan, name, origin);
  const plugin = whyPlugin(plan, name, origin);
  const isCapability = capability.verdict !== 'unknown';
  const isPlugin = plugin.verdict !== 'unlisted';
  if (!isCapability && !isPlugin) {
    const near = [...new Set([...capability.near, ...plugin.near])];
    throw new CliError('CLI_NAME_UNKNOWN', { name, tier: plan.tier, near });
  }
  if (json) {
    const answers = { ...(isCapability && { capability }), ...(isPlugin && { plugin }) };
    terminal.print(JSON.stringify({ ...answers, problems: plan.problems }, undefined, 2));
    return plan.problems.length > 0 ? EXIT.refused : 0;
  }
  if (isCapability) terminal.print(describeCapabilityAnswer(capability));
  if (isCapability && isPlugin) terminal.print('');
  if (isPlugin) terminal.print(describePluginAnswer(plugin));
  return tellProblems(read, terminal);
}
