import type { Clock } from '@tiercel/capabilities/clock';

/** A timer of this node. */
export interface Timer {
  readonly id: string;
  readonly name: string | undefined;
  readonly seconds: number;
  /** In which it was set. */
  readonly language: string;
}

export interface TimerAlarmOptions {
  readonly clock: Clock;
  readonly timer: Timer;
  /**
   * Where it was read back: when it ends, in milliseconds since 1970. All that is known of its time is what the wall clock
   * showed; one that is only set right after the start must not move the end. Never later than `seconds` from now.
   */
  readonly endsAtEpochMs?: number | undefined;
  /** How much later `ended` settles. */
  readonly graceMs?: number | undefined;
}

/** So often it is looked whether the wall clock was moved. */
const CHECK_MS = 10_000;

/** Waits for the end of one timer. */
export class TimerAlarm {
  readonly timer: Timer;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  /** On the monotonic clock, so that a timer that was set here takes as long as it was set to, whatever the wall clock does. */
  readonly #latestMs: number;
  readonly #endsAtEpochMs: number | undefined;
  readonly #graceMs: number;

  constructor({ clock, timer, endsAtEpochMs, graceMs = 0 }: TimerAlarmOptions) {
    this.timer = timer;
    this.#clock = clock;
    this.#latestMs = clock.nowMs() + timer.seconds * 1_000;
    this.#endsAtEpochMs = endsAtEpochMs;
    this.#graceMs = graceMs;
  }

  get leftMs(): number {
    const monotonicMs = this.#latestMs - this.#clock.nowMs();
    const wallMs = (this.#endsAtEpochMs ?? Number.POSITIVE_INFINITY) - this.#clock.epochMs();
    return Math.max(0, Math.min(monotonicMs, wallMs));
  }

  /** Its end on the wall clock, as that stands now. */
  get endsAtEpochMs(): number {
    return this.#endsAtEpochMs ?? Math.round(this.#clock.epochMs() + this.leftMs);
  }

  /** Settles at its end, or, with `false`, when it is stopped. `checked` is called every now and then on the way. */
  async ended(checked: () => void): Promise<boolean> {
    const { signal } = this.#stopping;
    try {
      for (let leftMs = this.leftMs; leftMs > 0; leftMs = this.leftMs) {
        await this.#clock.delay(Math.min(leftMs, CHECK_MS), { signal });
        if (this.leftMs > 0) checked();
      }
      if (this.#graceMs > 0) await this.#clock.delay(this.#graceMs, { signal });
    } catch {
      // Only its own abort rejects a delay.
    }
    return !signal.aborted;
  }

  stop(): void {
    this.#stopping.abort();
  }
}
