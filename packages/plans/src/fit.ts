import type { Fit, Plan } from '@tiercel/kernel';
import { aligned } from './text/aligned.js';
import { amount } from './text/amount.js';
import { names, visible } from './text/visible.js';

const mostShown = 3;

/** What a plan takes of its device, a line for each resource; empty where nothing is needed or known. */
export function describeFit({ fit }: Pick<Plan, 'fit'>): string[] {
  return aligned(fit.map((each) => [each.resource, describe(each)]));
}

function describe({ resource, against, needed, available, spare, unit, by }: Fit): string {
  if (resource === 'accelerator') {
    return `the ${against} has none of the kind that ${names(by.map(({ plugin }) => plugin))} needs`;
  }
  const balance = spare < 0 ? `${amount(-spare)} too little` : `${amount(spare)} spare`;
  const most = by
    .slice(0, mostShown)
    .map(({ plugin, amount: taken }) => `${visible(plugin)} ${amount(taken)}`);
  return `needs ${amount(needed)} of ${amount(available)} ${unit} of the ${against}, ${balance} (most: ${most.join(', ')})`;
}
