import type { CircuitStatus } from '@tiercel/kernel';

export interface CircuitSettings {
  /** Failures in a row after which a provider is passed over. */
  readonly failuresToOpen: number;
  /** How long at first; twice as long after each trial that failed. */
  readonly coolDownMs: number;
  readonly longestCoolDownMs: number;
  /** A trial that failed sooner than this cost nobody anything, and makes the pause no longer. Default 0: every one does. */
  readonly cheapTrialMs: number;
  /** Also opens when this share of the latest calls failed, although not in a row. Absent: only failures in a row count. */
  readonly share?: FailureShare | undefined;
  /** Monotonic time. */
  readonly nowMs: () => number;
}

export interface FailureShare {
  /** Opens above it: 0.5 for more than every second call. */
  readonly above: number;
  /** With fewer calls than this in the window nothing can be said. */
  readonly minimumCalls: number;
  readonly windowMs: number;
}

/** One call that is on its way to a provider. Only the first word about it counts. */
export interface CircuitCall {
  succeed(): void;
  /** @param openForMs the provider itself asked to be left alone for this long: opens at once, up to the longest cool-down */
  fail(reason: string, openForMs?: number): void;
  /** It ended in a way that says nothing about the provider. */
  release(): void;
}

const defaults = {
  failuresToOpen: 3,
  coolDownMs: 5_000,
  longestCoolDownMs: 60_000,
  cheapTrialMs: 0,
  nowMs: () => performance.now(),
} as const satisfies CircuitSettings;

/** Calls that are remembered for the share, however many there were. */
const mostOutcomes = 1_000;

/** Remembers how calls of one provider went, and when it makes sense to ask it again. */
export class Circuit {
  readonly #settings: CircuitSettings;
  /** Oldest first; only kept where a share can open the circuit. */
  #outcomes: { readonly atMs: number; readonly hasFailed: boolean }[] = [];
  #failures = 0;
  #reason: string | undefined;
  #coolDownMs = 0;
  /** Set while the circuit is not closed. */
  #retryAtMs: number | undefined;
  #trial: { readonly call: CircuitCall; readonly untilMs: number } | undefined;

  constructor(settings: Partial<CircuitSettings> = {}) {
    this.#settings = { ...defaults, ...settings };
  }

  get state(): CircuitStatus['state'] {
    if (this.#retryAtMs === undefined) return 'closed';
    return this.#settings.nowMs() < this.#retryAtMs ? 'open' : 'half-open';
  }

  /** Whether a call may go there while another provider could take it. */
  get isCallable(): boolean {
    const { state } = this;
    return state === 'closed' || (state === 'half-open' && !this.#isOnTrial);
  }

  /** When it may be tried again, or could have been. */
  get retryAtMs(): number {
    return this.#retryAtMs ?? 0;
  }

  status(plugin: string): CircuitStatus {
    const { state } = this;
    return {
      plugin,
      state,
      failures: this.#failures,
      ...(state === 'open' && { retryInMs: Math.ceil(this.retryAtMs - this.#settings.nowMs()) }),
      ...(this.#reason !== undefined && { reason: this.#reason }),
    };
  }

  begin(): CircuitCall {
    const beganMs = this.#settings.nowMs();
    let isOver = false;
    const once = (conclude: (isTrial: boolean) => void) => {
      if (isOver) return;
      isOver = true;
      const isTrial = this.#trial?.call === call;
      if (isTrial) this.#trial = undefined;
      conclude(isTrial);
    };
    const call: CircuitCall = {
      succeed: () =>
        once(() => {
          this.#close();
          this.#note(false);
        }),
      fail: (reason, openForMs) =>
        once((isTrial) =>
          this.#count(reason, isTrial ? this.#settings.nowMs() - beganMs : undefined, openForMs),
        ),
      release: () => once(() => undefined),
    };
    if (this.state === 'half-open' && !this.#isOnTrial) {
      // A trial that hangs must not keep the provider out for ever.
      this.#trial = { call, untilMs: this.#settings.nowMs() + this.#coolDownMs };
    }
    return call;
  }

  /** There is news that the provider may be well again: the next call tries it, whatever is left of the pause. */
  endPause(): void {
    if (this.#retryAtMs !== undefined) this.#retryAtMs = Math.min(this.#retryAtMs, this.#settings.nowMs());
  }

  get #isOnTrial(): boolean {
    return this.#trial !== undefined && this.#settings.nowMs() < this.#trial.untilMs;
  }

  #close(): void {
    if (this.#retryAtMs !== undefined) this.#outcomes = [];
    this.#failures = 0;
    this.#reason = undefined;
    this.#retryAtMs = undefined;
    this.#trial = undefined;
  }

  /** @param trialMs how long the trial took, if it was one */
  #count(reason: string, trialMs: number | undefined, openForMs: number | undefined): void {
    const { failuresToOpen, coolDownMs, longestCoolDownMs, cheapTrialMs, nowMs } = this.#settings;
    this.#failures++;
    this.#reason = reason;
    this.#note(true);
    if (openForMs !== undefined) {
      this.#coolDownMs = Math.max(this.#coolDownMs, coolDownMs);
      const untilMs = nowMs() + Math.min(openForMs, longestCoolDownMs);
      this.#retryAtMs = Math.max(this.#retryAtMs ?? 0, untilMs);
      return;
    }
    const isClosed = this.#retryAtMs === undefined;
    const isTooMuch = this.#failures >= failuresToOpen || this.#failsTooOften();
    // Neither a last resort nor a call from before the circuit opened says anything new about when to try again.
    if (trialMs === undefined && (!isClosed || !isTooMuch)) return;
    if (trialMs === undefined) this.#coolDownMs = coolDownMs;
    else if (trialMs >= cheapTrialMs) this.#coolDownMs *= 2;
    this.#coolDownMs = Math.min(this.#coolDownMs, longestCoolDownMs);
    this.#retryAtMs = nowMs() + this.#coolDownMs;
  }

  #note(hasFailed: boolean): void {
    const { share, nowMs } = this.#settings;
    if (!share) return;
    const oldestMs = nowMs() - share.windowMs;
    this.#outcomes.push({ atMs: nowMs(), hasFailed });
    const first = this.#outcomes.findIndex(({ atMs }) => atMs > oldestMs);
    const surplus = this.#outcomes.length - mostOutcomes;
    this.#outcomes.splice(0, Math.max(first, surplus, 0));
  }

  #failsTooOften(): boolean {
    const { share } = this.#settings;
    if (!share || this.#outcomes.length < share.minimumCalls) return false;
    const failed = this.#outcomes.filter(({ hasFailed }) => hasFailed).length;
    return failed > share.above * this.#outcomes.length;
  }
}
