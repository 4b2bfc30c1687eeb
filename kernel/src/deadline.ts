/** Runs until `signal` aborts or `ms` have passed, whichever is first. Dispose it when the work is settled. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/** Longer timers than this fire at once. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * An abort signal of its own that follows `parent` and a timer, and leaves nothing attached to `parent` once disposed.
 * (`AbortSignal.any` on a long-lived parent keeps every derived signal alive.)
 */
export function openDeadline(parent: AbortSignal | undefined, ms: number, reason: () => unknown): Deadline {
  const controller = new AbortController();
  const follow = () => controller.abort(parent?.reason);
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  const timer = Number.isFinite(ms)
    ? setTimeout(() => controller.abort(reason()), Math.min(ms, maxTimerMs))
    : undefined;
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      parent?.removeEventListener('abort', follow);
    },
  };
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts. `work` itself goes on. */
export function raceSignal<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    work.then(
      (value) => {
        signal.removeEventListener('abort', abort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', abort);
        reject(error);
      },
    );
  });
}
