import { setTimeout as delayFor } from 'node:timers/promises';

/** Settles after `ms`; rejects as soon as `signal` aborts. `Clock.delay` is one. */
export type Delay = (ms: number, options: { readonly signal: AbortSignal }) => Promise<void>;

export const realDelay: Delay = (ms, { signal }) => delayFor(ms, undefined, { signal });

export interface Deadline {
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
  deadline: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { delay, signal, timeoutMs, onTimeout } = deadline;
  signal?.throwIfAborted();
  const working = new AbortController();
  const timing = new AbortController();
  const forwardAbort = () => working.abort(signal?.reason);
  signal?.addEventListener('abort', forwardAbort, { once: true });
  const aborted = new Promise<never>((_, reject) => {
    working.signal.addEventListener('abort', () => reject(working.signal.reason), { once: true });
  });
  // When the timer rejects, the work has settled first.
  delay(timeoutMs, { signal: timing.signal }).then(
    () => working.abort(onTimeout()),
    () => undefined,
  );
  try {
    return await Promise.race([work(working.signal), aborted]);
  } finally {
    signal?.removeEventListener('abort', forwardAbort);
    timing.abort();
  }
}
