import { defineErrors } from '@tiercel/kernel';

export const ZonedClockError = defineErrors('ZonedClockError', {
  ZONED_CLOCK_ZONE_UNKNOWN: (d: { timeZone: string }) =>
    `There is no time zone "${d.timeZone}". Use a name such as Europe/Berlin, or leave it empty.`,
});
