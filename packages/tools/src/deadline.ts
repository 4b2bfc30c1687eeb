import { setTimeout as delayFor } from 'node:timers/promises';
import { childController, raceSignal } from '@tiercel/kernel';

/** Settles after `ms`; rejects as soon as `signal` aborts. `Clock.delay` is one. */
export type Delay = (ms: number, options: { readonly signal: AbortSignal }) => Promise<void>;

export const realDelay: Delay = (ms, { signal }) => delayFor(ms, undefined, { signal });

export interface DeadlineOptions {
  readonly delay: Delay;
  /** Of the caller; aborting it ends the wait with its reason. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly onTimeout: () => Error;
}

/**
 * Runs `work` and settles with it, with the caller's reason or after `timeoutMs`, whichever comes first. In the last two cases
 * the signal that `work` got aborts, and what it still does is ignored. Leaves no timer and no listener behind.
 */
export async function withDeadline<T>(
  options: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { delay, signal, timeoutMs, onTimeout } = options;
  signal?.throwIfAborted();
  using working = childController(signal);
  const timer = new AbortController();
  // When the timer rejects, the work has settled first.
  delay(timeoutMs, { signal: timer.signal }).then(
    () => working.abort(onTimeout()),
    () => undefined,
  );
  try {
    return await raceSignal(work(working.signal), working.signal);
  } finally {
    timer.abort();
  }
}
