import type { Clock } from '@tiercel/capabilities/clock';

export interface WithinOptions {
  readonly ms: number;
  readonly clock: Pick<Clock, 'delay'>;
  readonly signal?: AbortSignal;
  /** What to reject with when the time is over. */
  readonly late: () => unknown;
}

/** Settles as `work` does, or rejects: with the signal's reason, or when `ms` are over. `work` itself goes on. */
export async function within<T>(
  work: PromiseLike<T>,
  { ms, clock, signal, late }: WithinOptions,
): Promise<T> {
  const settled = new AbortController();
  try {
    return await new Promise<T>((resolve, reject) => {
      const abort = () => reject(signal?.reason);
      if (signal?.aborted) abort();
      else signal?.addEventListener('abort', abort, { once: true, signal: settled.signal });
      work.then(resolve, reject);
      clock.delay(ms, { signal: settled.signal }).then(
        () => reject(late()),
        () => undefined,
      );
    });
  } finally {
    settled.abort();
  }
}
