import type { Clock } from '@tiercel/capabilities/clock';
import type { ModelUsage } from '@tiercel/capabilities/language-model';
import { coreMetrics, type Metrics } from '@tiercel/capabilities/metrics';
import type { EndpointPool } from './endpoint-pool.js';

const circuitValues = { closed: 0, 'half-open': 1, open: 2 } as const;

/** One call, as the figures of the node see it. Disposing it tells that its place is free again. */
export interface MeteredCall extends Disposable {
  /** The first piece of the answer is there. */
  begin(): void;
  /** The caller has given up. */
  abort(): void;
  count(usage: ModelUsage): void;
}

/** Tells the figures of remote calls to whoever watches the node; costs nothing where nobody does. */
export class CallMeter {
  readonly #metrics: Metrics | undefined;
  readonly #clock: Clock;
  readonly #labels: { readonly provider: string };

  constructor(metrics: Metrics | undefined, clock: Clock, provider: string) {
    this.#metrics = metrics;
    this.#clock = clock;
    this.#labels = { provider };
  }

  observe(pool: EndpointPool): void {
    this.#metrics?.set(coreMetrics.llmQueueDepth, pool.waiting, this.#labels);
    this.#metrics?.set(coreMetrics.llmSlotsBusy, pool.running, this.#labels);
    for (const { origin, circuit } of pool.all)
      this.#metrics?.set(coreMetrics.breakerState, circuitValues[circuit.state], { endpoint: origin });
  }

  start(): MeteredCall {
    const startMs = this.#clock.nowMs();
    let hasBegun = false;
    let abortedMs: number | undefined;
    return {
      begin: () => {
        if (hasBegun) return;
        hasBegun = true;
        this.#observe('llmFirstTextSeconds', startMs);
      },
      abort: () => {
        abortedMs ??= this.#clock.nowMs();
      },
      count: (usage) => this.#count(usage),
      [Symbol.dispose]: () => {
        if (abortedMs !== undefined) this.#observe('llmAbortToFreeSeconds', abortedMs);
      },
    };
  }

  #observe(name: 'llmFirstTextSeconds' | 'llmAbortToFreeSeconds', sinceMs: number): void {
    this.#metrics?.observe(coreMetrics[name], (this.#clock.nowMs() - sinceMs) / 1000, this.#labels);
  }

  #count({ inputTokens, cachedTokens, outputTokens, reasoningTokens = 0 }: ModelUsage): void {
    const kinds = {
      prompt: inputTokens,
      cached: cachedTokens,
      completion: outputTokens,
      reasoning: reasoningTokens,
    };
    for (const [kind, tokens] of Object.entries(kinds))
      if (tokens > 0) this.#metrics?.count(coreMetrics.llmTokens, tokens, { ...this.#labels, kind });
  }
}
