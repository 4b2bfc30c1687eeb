import type { Clock } from '@tiercel/capabilities/clock';
import type { Log, LogFields } from '@tiercel/capabilities/log';
import type { Metrics } from '@tiercel/capabilities/metrics';
import { incidentsTotal } from './broker-metrics.js';

export type IncidentCause =
  | 'login'
  | 'client-cut'
  | 'connections-full'
  | 'write-forbidden'
  | 'read-forbidden'
  | 'retained-full'
  | 'session-lost';

const LOG_EVERY_MS = 60_000;

/** Counts all, and logs each cause at most once a minute: a client that repeats itself must not fill the disk. */
export class Incidents {
  readonly #log: Pick<Log, 'warn'>;
  readonly #metrics: Metrics | undefined;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #logged = new Map<IncidentCause, { atMs: number; since: number }>();
  readonly #totals = new Map<IncidentCause, number>();

  constructor(deps: {
    readonly log: Pick<Log, 'warn'>;
    readonly metrics: Metrics | undefined;
    readonly clock: Pick<Clock, 'nowMs'>;
  }) {
    this.#log = deps.log;
    this.#metrics = deps.metrics;
    this.#clock = deps.clock;
  }

  get totals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#totals);
  }

  report(cause: IncidentCause, message: string, fields: LogFields = {}): void {
    this.#totals.set(cause, (this.#totals.get(cause) ?? 0) + 1);
    this.#metrics?.count(incidentsTotal, 1, { cause });
    const nowMs = this.#clock.nowMs();
    const last = this.#logged.get(cause);
    if (last && nowMs - last.atMs < LOG_EVERY_MS) {
      last.since += 1;
      return;
    }
    this.#logged.set(cause, { atMs: nowMs, since: 0 });
    this.#log.warn(message, { cause, ...(last?.since ? { unloggedBefore: last.since } : {}), ...fields });
  }
}
