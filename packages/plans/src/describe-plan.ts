import type { Plan, PlannedPlugin } from '@tiercel/kernel';
import { type ConsumersOf, consumersIn } from './consumers.js';
import { describeFit } from './fit.js';
import { installCommand, missingPackages } from './install-command.js';
import type { PlanOrigin } from './read-plan.js';
import { settingsOf, showSetting } from './settings.js';
import { aligned } from './text/aligned.js';
import { amount, count } from './text/amount.js';
import { names, visible } from './text/visible.js';

/**
 * A whole plan as text: what starts when and where, who serves whom, configuration that is not the default and where it
 * comes from, what does not start, what fits, and what to install. Secrets are not in it, nor are the plan's problems.
 */
export function describePlan(plan: Plan, origin?: PlanOrigin): string {
  const consumersOf = consumersIn(plan);
  const levels = new Set(plan.plugins.map(({ level }) => level));
  const lines = [
    `${visible(plan.source)}: tier ${visible(plan.tier)}, ${count(plan.plugins.length, 'plugin')} on ${count(levels.size, 'level')}, about ${amount(plan.memoryMiB)} MiB`,
    `promises: ${names(plan.requires, 'nothing')}`,
  ];
  for (const level of levels) {
    lines.push('', `level ${level}`);
    for (const planned of plan.plugins) {
      if (planned.level === level) lines.push(...describePlugin(planned, consumersOf, origin));
    }
  }
  const skipped = plan.skipped.map(({ plugin, when }) => [visible(plugin), `when: ${visible(when)}`]);
  if (skipped.length > 0)
    lines.push('', 'not started, because the condition does not hold', ...aligned(skipped));
  const fit = describeFit(plan);
  if (fit.length > 0) lines.push('', 'fit', ...fit);
  const install = installCommand(missingPackages(plan, origin));
  if (install !== undefined) lines.push('', 'to install before it can start', `  ${install}`);
  return lines.join('\n');
}

function describePlugin(planned: PlannedPlugin, consumersOf: ConsumersOf, origin?: PlanOrigin): string[] {
  const { key, entry, declaration, deps, source } = planned;
  const { memoryMiB } = planned.needs;
  const facts = [
    `${visible(declaration.name)} ${visible(declaration.version)}`,
    visible(entry.placement),
    ...(entry.boot === 'degrade' ? ['may fail (boot: degrade)'] : []),
    ...(memoryMiB === undefined ? [] : [`${amount(memoryMiB)} MiB`]),
    ...(source === 'catalogue' ? ['not installed'] : []),
  ];
  const provided = [...new Set(declaration.provides.map(({ capability }) => capability))];
  const rows = [
    ...provided.map((capability) => {
      const consumers = consumersOf(key, capability).map(({ plugin }) => plugin);
      return ['provides', visible(capability), `to ${names([...new Set(consumers)], 'no plugin')}`];
    }),
    ...deps.map(({ capability, kind, providers }) => {
      const from = names(providers.map(({ plugin }) => plugin));
      return ['requires', visible(capability), `from ${from}${kind === 'one' ? '' : ` (${kind})`}`];
    }),
    ...settingsOf(planned, origin)
      .filter((setting) => setting.source !== 'default')
      .map((setting) => {
        return ['config', visible(setting.key), `${showSetting(setting)} from ${visible(setting.from)}`];
      }),
  ];
  return [`  ${visible(key)}: ${facts.join(', ')}`, ...aligned(rows, 4)];
}
