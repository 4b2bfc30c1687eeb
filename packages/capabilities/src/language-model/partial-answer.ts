import type { TiercelError } from '@tiercel/kernel';
import type { ModelUsage } from './language-model.js';

/** What a model had said when its answer failed. */
export interface PartialAnswer {
  /** Everything that was handed on as `text-delta`. */
  readonly text: string;
  readonly usage: ModelUsage;
}

/**
 * Adds to `error` what had been said. It stands beside `details`, which may be printed, and crosses to other processes
 * with the error.
 */
export function withPartial<E extends TiercelError>(
  error: E,
  partial: PartialAnswer,
): E & { readonly partial: PartialAnswer } {
  return Object.assign(error, { partial });
}

/** What had been said before `error` was thrown, if it tells. */
export function partialOf(error: unknown): PartialAnswer | undefined {
  const { partial } = Object(error) as { readonly partial?: Partial<PartialAnswer> };
  const isWhole = typeof partial?.text === 'string' && typeof partial.usage === 'object';
  return isWhole ? (partial as PartialAnswer) : undefined;
}
