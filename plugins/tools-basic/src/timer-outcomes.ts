import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import type { StoredTimer, TimerStore } from './timer-store.js';

export interface TimerOutcomesOptions {
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  readonly store: TimerStore;
  /** Most that wait to be written; then the oldest is given up. */
  readonly capacity: number;
}

/** How long it can be read how a timer ended, for whoever announces it; so long it is also tried to write it down. */
export const OUTCOME_MS = 3_600_000;
const RETRY_MS = { first: 1_000, longest: 60_000 };

/** Writes down how timers ended: at once, else again and again. */
export class TimerOutcomes implements AsyncDisposable {
  readonly #options: TimerOutcomesOptions;
  /** Oldest first. */
  readonly #waiting = new Map<string, AbortController>();
  readonly #work = new Set<Promise<void>>();

  constructor(options: TimerOutcomesOptions) {
    this.#options = options;
  }

  /** Whether the world model says that it runs only because that could not be changed yet. */
  has(id: string): boolean {
    return this.#waiting.has(id);
  }

  /** Settles after the first try. */
  async write(timer: Pick<StoredTimer, 'node' | 'id' | 'record'>): Promise<void> {
    const { log, store } = this.#options;
    const controller = new AbortController();
    const { signal } = controller;
    this.#makeRoom();
    this.#waiting.set(timer.id, controller);
    try {
      await store.put(timer, OUTCOME_MS, signal);
      this.#waiting.delete(timer.id);
    } catch (error) {
      if (signal.aborted) return;
      log.warn('how a timer ended is not written down yet', { timer: timer.id, error });
      const work = this.#retry(timer, signal);
      this.#work.add(work);
      work.finally(() => this.#work.delete(work));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const controller of this.#waiting.values()) controller.abort();
    this.#waiting.clear();
    await Promise.all(this.#work);
  }

  async #retry(timer: Pick<StoredTimer, 'node' | 'id' | 'record'>, signal: AbortSignal): Promise<void> {
    const { clock, store } = this.#options;
    const endMs = clock.nowMs() + OUTCOME_MS;
    for (
      let waitMs = RETRY_MS.first;
      clock.nowMs() < endMs;
      waitMs = Math.min(waitMs * 2, RETRY_MS.longest)
    ) {
      // Only the end rejects it.
      await clock.delay(waitMs, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const isWritten = await store.put(timer, OUTCOME_MS, signal).then(
        () => true,
        () => false,
      );
      if (isWritten) break;
    }
    if (!signal.aborted) this.#waiting.delete(timer.id);
  }

  #makeRoom(): void {
    const [oldest] = this.#waiting;
    if (!oldest || this.#waiting.size < this.#options.capacity) return;
    const [id, controller] = oldest;
    controller.abort();
    this.#waiting.delete(id);
  }
}
