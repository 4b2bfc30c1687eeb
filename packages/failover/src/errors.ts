import { defineErrors } from '@tiercel/kernel';

/** How one provider failed in a call that another one might have answered. */
export interface FailedAttempt {
  readonly plugin: string;
  readonly code: string;
  readonly finding: string;
}

export const FailoverError = defineErrors(
  'FailoverError',
  {
    FAILOVER_EXHAUSTED: (d: { capability: string; member: string; attempts: readonly FailedAttempt[] }) =>
      [
        `No provider of ${d.capability} could answer "${d.member}". Try again in a moment; node.describe() shows the state of each.`,
        ...d.attempts.map(({ plugin, code, finding }) => `  ${plugin}: ${code}, ${finding}`),
      ].join('\n'),
  },
  { retryable: ['FAILOVER_EXHAUSTED'] },
);
