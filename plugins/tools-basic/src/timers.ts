import { randomUUID } from 'node:crypto';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import type { WorldModel } from '@tiercel/capabilities/world-model';

export interface Timer {
  readonly id: string;
  readonly name: string | undefined;
  readonly seconds: number;
  /** On the monotonic clock. */
  readonly endsAtMs: number;
}

export interface TimersOptions {
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /** Is told under `timer/<id>/…`; timers run without it, too. */
  readonly world?: WorldModel | undefined;
  /** Of what is written there. */
  readonly origin: string;
}

/** Entries about a timer stay this long after its end, for whoever announces it. */
const KEPT_MS = 3_600_000;

/** Timers that run. They end with the process. */
export class Timers implements AsyncDisposable {
  static readonly capacity = 32;
  readonly #options: TimersOptions;
  readonly #running = new Map<string, { readonly timer: Timer; readonly controller: AbortController }>();
  readonly #work = new Set<Promise<void>>();

  constructor(options: TimersOptions) {
    this.#options = options;
  }

  /** Soonest first. */
  list(): readonly Timer[] {
    return [...this.#running.values()].map(({ timer }) => timer).sort((a, b) => a.endsAtMs - b.endsAtMs);
  }

  leftMs({ endsAtMs }: Timer): number {
    return Math.max(0, endsAtMs - this.#options.clock.nowMs());
  }

  /** Starts a timer, or returns `undefined` when as many run as may. */
  async start(seconds: number, name: string | undefined): Promise<Timer | undefined> {
    if (this.#running.size >= Timers.capacity) return undefined;
    const { clock } = this.#options;
    const id = randomUUID().slice(0, 8);
    const ms = seconds * 1_000;
    const timer: Timer = { id, name, seconds, endsAtMs: clock.nowMs() + ms };
    const controller = new AbortController();
    this.#running.set(id, { timer, controller });
    this.#track(
      clock.delay(ms, { signal: controller.signal }).then(
        () => this.#finish(timer),
        // Only its own abort rejects a delay: the timer was cancelled.
        () => undefined,
      ),
    );
    await this.#observe(timer, 'running', ms + KEPT_MS);
    return timer;
  }

  async cancel(timers: readonly Timer[]): Promise<void> {
    for (const { id } of timers) {
      this.#running.get(id)?.controller.abort();
      this.#running.delete(id);
    }
    for (const timer of timers) await this.#observe(timer, 'cancelled', KEPT_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { controller } of this.#running.values()) controller.abort();
    this.#running.clear();
    await Promise.all(this.#work);
  }

  async #finish(timer: Timer): Promise<void> {
    this.#running.delete(timer.id);
    await this.#observe(timer, 'done', KEPT_MS);
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    work.finally(() => this.#work.delete(work));
  }

  async #observe(timer: Timer, state: 'running' | 'done' | 'cancelled', ttlMs: number): Promise<void> {
    const { clock, log, origin, world } = this.#options;
    if (!world) return;
    const facts = {
      seconds: timer.seconds,
      endsAt: Math.round(clock.epochMs() + this.leftMs(timer)),
      ...(timer.name !== undefined && { name: timer.name }),
      // Last, so that whoever waits for it finds the others in place.
      state,
    };
    try {
      for (const [fact, value] of Object.entries(facts)) {
        await world.observe({ key: `timer/${timer.id}/${fact}`, value, origin, ttlMs: Math.ceil(ttlMs) });
      }
    } catch (error) {
      log.warn('the world model does not know about a timer', { timer: timer.id, state, error });
    }
  }
}
