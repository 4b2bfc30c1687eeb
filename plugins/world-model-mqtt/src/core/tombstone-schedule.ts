import type { Clock } from '@tiercel/capabilities/clock';
import { worldLimits } from '@tiercel/capabilities/world-model';

/** The wall clock may jump, so nobody waits longer than this before looking at it again. */
const LONGEST_WAIT_MS = 60 * 60_000;

/** When the retained tombstones of forgotten entries are to be cleared away. Bounded: what is dropped a later connection finds. */
export class TombstoneSchedule {
  readonly #clock: Clock;
  readonly #due: (key: string) => void;
  /** When each was forgotten, about in the order of time. */
  readonly #times = new Map<string, number>();
  #wake: (() => void) | undefined;

  constructor(clock: Clock, due: (key: string) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  add(key: string, timeMs: number): void {
    this.#times.delete(key);
    this.#times.set(key, timeMs);
    if (this.#times.size > worldLimits.tombstones) {
      const [oldest] = this.#times.keys();
      if (oldest !== undefined) this.#times.delete(oldest);
    }
    this.#wake?.();
  }

  /** Tells of each when its time has come, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const [first] = this.#times;
      if (!first) {
        await this.#untilAdded(signal);
        continue;
      }
      const [key, timeMs] = first;
      const restMs = timeMs + worldLimits.tombstoneMs - this.#clock.epochMs();
      if (restMs > 0) {
        await this.#clock
          .delay(Math.min(restMs, LONGEST_WAIT_MS), { signal })
          // Only the end of the connection rejects it.
          .catch(() => undefined);
        continue;
      }
      this.#times.delete(key);
      this.#due(key);
    }
  }

  #untilAdded(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = () => {
        this.#wake = undefined;
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
