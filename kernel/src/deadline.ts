/** An abort controller that also aborts when its parent does. Dispose it when the work is settled: that frees the parent. */
export interface ChildController extends Disposable {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
}

/** Runs until `signal` aborts or `ms` have passed, whichever is first. Dispose it when the work is settled. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/** Longer timers than this fire at once. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * A controller of its own that follows `parent`, and leaves nothing attached to it once aborted or disposed.
 * (`AbortSignal.any` on a long-lived parent keeps every derived signal alive.)
 */
export function childController(parent: AbortSignal | undefined): ChildController {
  const controller = new AbortController();
  const follow = () => controller.abort(parent?.reason);
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  const leave = () => parent?.removeEventListener('abort', follow);
  return {
    signal: controller.signal,
    abort(reason) {
      leave();
      controller.abort(reason);
    },
    [Symbol.dispose]: leave,
  };
}

/** A signal of its own that follows `parent` and a timer, and leaves nothing behind once disposed. */
export function openDeadline(parent: AbortSignal | undefined, ms: number, reason: () => unknown): Deadline {
  const child = childController(parent);
  const timer = Number.isFinite(ms)
    ? setTimeout(() => child.abort(reason()), Math.min(ms, maxTimerMs))
    : undefined;
  return {
    signal: child.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      child[Symbol.dispose]();
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
