import { setImmediate } from 'node:timers';
import type { Clock } from './clock.js';

interface Waiter {
  readonly dueMs: number;
  readonly order: number;
  readonly settle: () => void;
}

export interface FakeClockOptions {
  /** Wall clock at virtual time 0. Default: 2026-01-01T00:00:00Z. */
  readonly epochMs?: number;
  /** Default: `UTC`. */
  readonly timeZone?: string;
}

/**
 * A clock that stands still until the test moves it. Delays settle in the order of their due times, equal ones in the order
 * of their calls. `nowMs` starts at 0.
 */
export class FakeClock implements Clock {
  #nowMs = 0;
  #epochAtZeroMs: number;
  readonly #timeZone: string;
  readonly #waiters = new Set<Waiter>();
  readonly #watchers = new Set<{ readonly count: number; readonly settle: () => void }>();
  #calls = 0;

  constructor(options: FakeClockOptions = {}) {
    this.#epochAtZeroMs = options.epochMs ?? Date.UTC(2026, 0, 1);
    this.#timeZone = options.timeZone ?? 'UTC';
  }

  nowMs(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return this.#epochAtZeroMs + this.#nowMs;
  }

  timeZone(): string {
    return this.#timeZone;
  }

  /** Lets the wall clock jump; monotonic time and running delays do not notice. */
  setEpochMs(epochMs: number): void {
    this.#epochAtZeroMs = epochMs - this.#nowMs;
  }

  /** How many delays wait for time to move. */
  get pending(): number {
    return this.#waiters.size;
  }

  /** Settles as soon as at least `count` delays wait: what a test awaits before it moves the clock. */
  async whenPending(count = 1): Promise<void> {
    if (this.pending >= count) return;
    await new Promise<void>((resolve) => {
      this.#watchers.add({ count, settle: resolve });
    });
  }

  delay(ms: number, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise<void>((resolve, reject) => {
      const abort = () => {
        this.#waiters.delete(waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        dueMs: this.#nowMs + (Number.isNaN(ms) ? 0 : Math.max(0, ms)),
        order: this.#calls++,
        settle: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiters.add(waiter);
      for (const watcher of this.#watchers) {
        if (this.pending < watcher.count) continue;
        this.#watchers.delete(watcher);
        watcher.settle();
      }
    });
  }

  /**
   * Moves time forward and settles what falls due on the way, at its own time. Code that waited runs on before the next
   * delay settles, so a loop around `delay` makes all the rounds that fit.
   */
  async advance(ms: number): Promise<void> {
    const targetMs = this.#nowMs + ms;
    await runContinuations();
    for (let waiter = this.#next(targetMs); waiter; waiter = this.#next(targetMs)) {
      this.#waiters.delete(waiter);
      this.#nowMs = Math.max(this.#nowMs, waiter.dueMs);
      waiter.settle();
      await runContinuations();
    }
    this.#nowMs = Math.max(this.#nowMs, targetMs);
  }

  #next(targetMs: number): Waiter | undefined {
    let next: Waiter | undefined;
    for (const waiter of this.#waiters) {
      if (waiter.dueMs > targetMs) continue;
      if (!next || waiter.dueMs < next.dueMs || (waiter.dueMs === next.dueMs && waiter.order < next.order))
        next = waiter;
    }
    return next;
  }
}

// A turn of the event loop lets every promise chain that was waiting run to its next wait.
function runContinuations(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
