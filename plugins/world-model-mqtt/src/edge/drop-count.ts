import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import type { CounterMetric, Metrics } from '@tiercel/capabilities/metrics';

export interface DropCountOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics | undefined;
}

const droppedMetric: CounterMetric<never> = {
  name: 'outbox_dropped_total',
  kind: 'counter',
  help: 'Changes that were refused because the outbox was full',
  labels: [],
};

const BETWEEN_LINES_MS = 60_000;

/** Counts what was refused, and says so once a minute. */
export class DropCount {
  readonly #options: DropCountOptions;
  #count = 0;
  #loggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: DropCountOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#count;
  }

  add(): void {
    const { clock, log, metrics } = this.#options;
    this.#count += 1;
    metrics?.count(droppedMetric, 1);
    const nowMs = clock.nowMs();
    if (nowMs - this.#loggedAtMs < BETWEEN_LINES_MS) return;
    this.#loggedAtMs = nowMs;
    log.warn('the outbox is full: changes of further entries are refused', { refused: this.#count });
  }
}
