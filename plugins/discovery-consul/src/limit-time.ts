import type { Clock } from '@tiercel/capabilities/clock';

/** Calls `onExpired` after `ms`. Dispose it when the work is settled. */
export function limitTime(clock: Clock, ms: number, onExpired: () => void): Disposable {
  const over = new AbortController();
  // When the delay rejects, the work was settled before.
  clock.delay(ms, { signal: over.signal }).then(onExpired, () => undefined);
  return { [Symbol.dispose]: () => over.abort() };
}
