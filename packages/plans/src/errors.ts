import { defineErrors } from '@tiercel/kernel';
import type { Drift } from './lock/drift-of.js';
import { count } from './text/amount.js';
import { visible } from './text/visible.js';

export const PlansError = defineErrors('PlansError', {
  PLANS_LOCK_INVALID: (d: { source: string; findings: readonly string[] }) =>
    [
      `${d.source} is not a lock file. Write it again with "tiercel lock".`,
      ...d.findings.map((finding) => `  ${finding}`),
    ].join('\n'),
  PLANS_LOCK_TOO_NEW: (d: { source: string; found: number; known: number }) =>
    `${d.source} has format version ${d.found}, and this Tiercel reads version ${d.known}. Update Tiercel, or write the lock again with "tiercel lock".`,
  PLANS_LOCK_DRIFTED: (d: { source: string; drifts: readonly Drift[] }) =>
    [
      `This is not what ${d.source} says (${count(d.drifts.length, 'difference')}). Mend them, or write it again with "tiercel lock" if this is what you want.`,
      ...d.drifts.map(({ where, what, fix }) => {
        return `  ${visible(where)}: ${visible(what)}.\n    Fix: ${visible(fix)}`;
      }),
    ].join('\n'),
});
