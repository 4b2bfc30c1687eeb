/** An abort controller that also aborts when its parent does. Dispose it when the work is over: that frees the parent. */
export interface ChildController extends Disposable {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
}

/**
 * Derives a signal with one listener on `parent`. `AbortSignal.any` is no substitute: what it derives from a signal that
 * outlives the turn stays in memory as long as that signal.
 */
export function childController(parent: AbortSignal | undefined): ChildController {
  const controller = new AbortController();
  const follow = () => controller.abort(parent?.reason);
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => {
      parent?.removeEventListener('abort', follow);
      controller.abort(reason);
    },
    [Symbol.dispose]: () => parent?.removeEventListener('abort', follow),
  };
}
