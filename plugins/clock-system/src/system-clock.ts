import type { Clock } from '@tiercel/capabilities/clock';

// Node takes a longer timer for none at all and fires at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. */
export class SystemClock implements Clock {
  nowMs(): number {
    // Counts from the start of the machine, so that every process on it agrees; performance.now() counts from its own.
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1_000 + nanoseconds / 1e6;
  }

  epochMs(): number {
    return Date.now();
  }

  timeZone(): string {
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    // An empty or unknown TZ gives a name that no formatter takes back.
    return !timeZone || timeZone === 'Etc/Unknown' ? 'UTC' : timeZone;
  }

  async delay(ms: number, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    const endMs = this.nowMs() + (Number.isNaN(ms) ? 0 : Math.max(0, ms));
    // A timer may fire up to a millisecond before its time, and a very long delay takes several.
    do {
      await waitOnce(Math.min(Math.ceil(endMs - this.nowMs()), LONGEST_TIMER_MS), signal);
    } while (this.nowMs() < endMs);
  }
}

function waitOnce(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
