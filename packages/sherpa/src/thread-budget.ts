import { usableCores } from '@tiercel/kernel';

export interface ThreadBudgetOptions {
  /** What the machine has, if not to be measured. */
  readonly cores?: number;
}

/** How many threads an engine should start: what was asked for, but never more than there are cores, and at least one. */
export function threadBudget(wanted: number, { cores = usableCores() }: ThreadBudgetOptions = {}): number {
  return Math.max(1, Math.min(wanted, cores));
}
