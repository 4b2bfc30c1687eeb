import type { LanguageModelEvent, ModelUsage } from '@tiercel/capabilities/language-model';
import { coreMetrics, type Metrics } from '@tiercel/capabilities/metrics';
import { PROVIDER } from './limits.js';

const LABELS = { provider: PROVIDER };

/** What the metrics of the node show of this model. Without metrics it does nothing. */
export class ModelFigures {
  readonly #metrics: Metrics | undefined;

  constructor(metrics: Metrics | undefined) {
    this.#metrics = metrics;
  }

  load({ waiting, busy }: { readonly waiting: number; readonly busy: number }): void {
    this.#metrics?.set(coreMetrics.llmQueueDepth, waiting, LABELS);
    this.#metrics?.set(coreMetrics.llmSlotsBusy, busy, LABELS);
  }

  /** Looks at the events of one request, asked now, and tells when its first text or call came. */
  request(): (event: LanguageModelEvent) => void {
    const askedMs = performance.now();
    let hasBegun = false;
    return ({ type }) => {
      if (hasBegun || (type !== 'text-delta' && type !== 'tool-call')) return;
      hasBegun = true;
      this.#metrics?.observe(coreMetrics.llmFirstTextSeconds, (performance.now() - askedMs) / 1000, LABELS);
    };
  }

  /** Tokens of one request, also of one that failed half-way. `prompt` counts what had to be evaluated. */
  tokens({ inputTokens, cachedTokens, outputTokens }: ModelUsage): void {
    const kinds = { prompt: inputTokens - cachedTokens, cached: cachedTokens, completion: outputTokens };
    for (const [kind, count] of Object.entries(kinds))
      this.#metrics?.count(coreMetrics.llmTokens, count, { ...LABELS, kind });
  }

  abortToFree(elapsedMs: number): void {
    this.#metrics?.observe(coreMetrics.llmAbortToFreeSeconds, elapsedMs / 1000, LABELS);
  }
}
