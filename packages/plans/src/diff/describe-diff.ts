import { aligned } from '../text/aligned.js';
import { amount } from '../text/amount.js';
import { names, visible } from '../text/visible.js';
import type { PlanDiff } from './diff-plans.js';

/** What `diffPlans` found, as text. */
export function describeDiff(diff: PlanDiff): string {
  const { tier, memoryMiB } = diff;
  const title = `${visible(tier.from)} → ${visible(tier.to)}`;
  if (diff.isEmpty) return `${title}: nothing changes.`;
  const row = (verb: string, what: string, how: string) => [verb, visible(what), how];
  const change = ({ from, to }: { readonly from: string; readonly to: string }) =>
    `${visible(from)} → ${visible(to)}`;
  const rows = [
    ...diff.starts.map((each) => row('starts', each.plugin, visible(`${each.package} ${each.version}`))),
    ...diff.stops.map((each) => row('stops', each.plugin, visible(`${each.package} ${each.version}`))),
    ...diff.moves.map((each) => row('moves', each.plugin, change(each))),
    ...diff.updates.map((each) => row('updates', each.plugin, change(each))),
    ...diff.boots.map((each) => row('boots', each.plugin, change(each))),
    ...diff.configures.map((each) => row('configures', `${each.plugin}.${each.key}`, change(each))),
    ...diff.rebinds.map(({ capability, from, to }) =>
      row('rebinds', capability, `${names(from)} → ${names(to)}`),
    ),
    row(
      'memory',
      `${memoryMiB.delta < 0 ? '−' : '+'}${amount(Math.abs(memoryMiB.delta))} MiB`,
      memoryChange(memoryMiB),
    ),
  ];
  return [title, ...aligned(rows)].join('\n');
}

function memoryChange({ from, to }: PlanDiff['memoryMiB']): string {
  return `${amount(from)} → ${amount(to)} MiB`;
}
