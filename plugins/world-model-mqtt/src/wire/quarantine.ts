import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import type { CounterMetric, Metrics } from '@tiercel/capabilities/metrics';
import type { PayloadCause } from './envelope.js';

export type QuarantineCause = PayloadCause | 'key-invalid' | 'value-invalid' | 'store-full' | 'unwritable';

/** A message that was not taken. Says where it came from and what is wrong, never what it said. */
export interface Quarantined {
  readonly topic: string;
  readonly cause: QuarantineCause;
  readonly finding: string;
  readonly bytes: number;
  readonly timeMs: number;
}

const quarantinedMetric: CounterMetric<'cause'> = {
  name: 'mqtt_quarantined_total',
  kind: 'counter',
  help: 'Messages that were not understood, or could not be stored',
  labels: ['cause'],
};

const LATEST = 32;
const TOPIC_LENGTH = 200;
const BETWEEN_LINES_MS = 60_000;

/** Counts what is refused, remembers the latest of it, and logs one line a minute at most. */
export class Quarantine {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: Metrics | undefined;
  readonly #latest: Quarantined[] = [];
  #count = 0;
  #logged = 0;
  #loggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, log: Log, metrics: Metrics | undefined) {
    this.#clock = clock;
    this.#log = log;
    this.#metrics = metrics;
  }

  get count(): number {
    return this.#count;
  }

  /** Newest last. */
  get latest(): readonly Quarantined[] {
    return [...this.#latest];
  }

  add(
    { topic, payload }: { readonly topic: string; readonly payload: Uint8Array },
    { cause, finding }: { readonly cause: QuarantineCause; readonly finding: string },
  ): void {
    this.#count += 1;
    this.#metrics?.count(quarantinedMetric, 1, { cause });
    const quarantined = {
      topic: topic.slice(0, TOPIC_LENGTH),
      cause,
      finding,
      bytes: payload.byteLength,
      timeMs: this.#clock.epochMs(),
    };
    this.#latest.push(quarantined);
    if (this.#latest.length > LATEST) this.#latest.shift();
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#loggedAtMs < BETWEEN_LINES_MS) return;
    this.#log.warn('messages were not taken', { messages: this.#count - this.#logged, latest: quarantined });
    this.#logged = this.#count;
    this.#loggedAtMs = nowMs;
  }
}
