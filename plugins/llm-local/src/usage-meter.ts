import type { ModelUsage } from '@tiercel/capabilities/language-model';

/** What one run over a prompt took. */
export interface RunFigures {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** From the beginning of the run to its first token. */
  readonly prefillMs: number;
  readonly decodeMs: number;
}

/** Adds up the runs of one request: an answer that had to be repaired took two. */
export class UsageMeter {
  readonly #queueMs: number;
  readonly #runs: RunFigures[] = [];

  constructor(queueMs: number) {
    this.#queueMs = queueMs;
  }

  add(run: RunFigures): void {
    this.#runs.push(run);
  }

  get usage(): ModelUsage {
    const sum = (figure: keyof RunFigures) => this.#runs.reduce((total, run) => total + run[figure], 0);
    return {
      inputTokens: sum('inputTokens'),
      cachedTokens: sum('cachedTokens'),
      outputTokens: sum('outputTokens'),
      isEstimated: false,
      timings: {
        queueMs: Math.round(this.#queueMs),
        prefillMs: Math.round(sum('prefillMs')),
        decodeMs: Math.round(sum('decodeMs')),
      },
    };
  }
}
