import { AssistantError } from './errors.js';
import type { Stages } from './stages.js';

/** How much may be sent beyond what has been played. */
export const MAX_AHEAD_MS = 600;

export interface PlayoutOptions {
  readonly stages: Stages;
  readonly sampleRateHz: number;
  /** Longest time without a report while somebody waits for one. */
  readonly timeoutMs: number;
  /** Called once, with the time at which the first audible sample was played. */
  readonly onAudible: (timeMs: number) => void;
}

/** Keeps count of what was sent and what was played of one attempt, and lets others wait for it. */
export class Playout {
  readonly #options: PlayoutOptions;
  readonly #waiting = new Set<() => void>();
  #sent = 0;
  #played = 0;
  #audibleSample: number | undefined;
  #isAudible = false;
  #isReported = true;

  constructor(options: PlayoutOptions) {
    this.#options = options;
  }

  get sentSamples(): number {
    return this.#sent;
  }

  /** Where nobody can report any more, everything sent counts as played. */
  get playedSamples(): number {
    return this.#isReported ? this.#played : this.#sent;
  }

  /** The first sample of the output that can be heard. */
  expectAudible(sample: number): void {
    this.#audibleSample ??= sample;
  }

  sent(samples: number): void {
    this.#sent += samples;
    this.#wake();
  }

  /** A report. Old ones, and ones beyond what was sent, do no harm. */
  played(samples: number, timeMs: number): void {
    this.#played = Math.max(this.#played, Math.min(samples, this.#sent));
    const first = this.#audibleSample;
    if (!this.#isAudible && first !== undefined && this.#played > first) {
      this.#isAudible = true;
      this.#options.onAudible(timeMs - ((this.#played - first) * 1000) / this.#options.sampleRateHz);
    }
    this.#wake();
  }

  /** The input has ended: no more reports will come. */
  endReports(): void {
    this.#isReported = false;
    this.#wake();
  }

  /** Waits until `samples` more may be sent. */
  room(samples: number, signal: AbortSignal): Promise<void> {
    const maxAhead = (MAX_AHEAD_MS * this.#options.sampleRateHz) / 1000;
    return this.#until(() => this.#sent + samples - this.playedSamples <= maxAhead, signal);
  }

  /** Waits until at most `samples` of the `produced` ones are unplayed. */
  backlog(samples: number, produced: () => number, signal: AbortSignal): Promise<void> {
    return this.#until(() => produced() - this.playedSamples <= samples, signal);
  }

  /** Waits until everything that was sent has been played. */
  end(signal: AbortSignal): Promise<void> {
    return this.#until(() => this.playedSamples >= this.#sent, signal);
  }

  async #until(isMet: () => boolean, signal: AbortSignal): Promise<void> {
    const { stages, timeoutMs } = this.#options;
    const timeoutError = (waitedMs: number) => new AssistantError('ASSISTANT_PLAYOUT_SILENT', { waitedMs });
    while (!isMet()) {
      await stages.run({ stage: 'playout', signal, timeoutMs, timeoutError }, (stageSignal) =>
        this.#nextChange(stageSignal),
      );
    }
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        signal.removeEventListener('abort', settle);
        this.#waiting.delete(settle);
        resolve();
      };
      signal.addEventListener('abort', settle, { once: true });
      this.#waiting.add(settle);
    });
  }

  #wake(): void {
    for (const settle of [...this.#waiting]) settle();
  }
}
