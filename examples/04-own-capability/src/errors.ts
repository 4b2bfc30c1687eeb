import { defineErrors } from '@tiercel/kernel';

/** What every provider of the tides fails with. `retryable`: another provider, or a later call, may do better. */
export const TidesError = defineErrors(
  'TidesError',
  {
    TIDES_HARBOUR_UNKNOWN: (d: { harbour: string; known: readonly string[] }) =>
      `Nobody here knows the tides of ${d.harbour}, only those of ${d.known.join(', ') || 'no harbour'}. Add it to highWaters of tide-almanac.`,
    TIDES_GAUGE_SILENT: (d: { harbour: string; silentAfterHours: number }) =>
      `The gauge of ${d.harbour} has reported no high water for ${d.silentAfterHours} hours. Look after it, or list tide-almanac behind it under "bind".`,
    TIDES_TIME_INVALID: (d: { harbour: string }) =>
      `The high water of ${d.harbour} is no time. Write highWaters of tide-almanac like 2026-01-01T03:40Z.`,
  },
  { retryable: ['TIDES_GAUGE_SILENT'] },
);
