import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@tiercel/capabilities/clock';
import { ZonedClockError } from './errors.js';

/** Node fires longer timers at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's time, in a time zone of your choice. */
export class ZonedClock implements Clock {
  readonly #timeZone: string;

  /** @param timeZone empty: that of the machine */
  constructor(timeZone: string) {
    this.#timeZone = timeZone === '' ? machineZone() : knownZone(timeZone);
  }

  nowMs(): number {
    // The same in every process of this machine.
    return Number(process.hrtime.bigint()) / 1e6;
  }

  epochMs(): number {
    return Date.now();
  }

  timeZone(): string {
    return this.#timeZone;
  }

  async delay(ms: number, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    const endMs = this.nowMs() + (Number.isNaN(ms) ? 0 : Math.max(0, ms));
    // A timer may fire a little too early, and a very long delay takes several.
    do {
      const leftMs = Math.min(Math.ceil(endMs - this.nowMs()), longestTimerMs);
      await sleep(leftMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    } while (this.nowMs() < endMs);
  }
}

/** An empty or unknown TZ gives a name that no formatter takes back. */
function machineZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return !timeZone || timeZone === 'Etc/Unknown' ? 'UTC' : timeZone;
}

function knownZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch (cause) {
    throw new ZonedClockError('ZONED_CLOCK_ZONE_UNKNOWN', { timeZone }, { cause });
  }
}
