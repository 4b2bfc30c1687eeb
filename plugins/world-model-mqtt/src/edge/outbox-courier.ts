import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import type { CounterMetric, Metrics } from '@tiercel/capabilities/metrics';
import { childController } from '@tiercel/kernel';
import type { MqttSession } from '../connection/mqtt-session.js';
import type { ObserveEnvelope, ReplyEnvelope } from '../wire/envelope.js';
import type { Mirror } from './mirror.js';
import type { Outbox } from './outbox.js';

export interface OutboxCourierOptions {
  readonly mirror: Mirror;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics | undefined;
  /** Whether the core can be asked; `silent`: it has left a question open. */
  readonly readiness: () => 'ready' | 'silent' | 'none';
  /** Undefined where nobody has answered in time. */
  readonly ask: (
    change: ObserveEnvelope,
    session: MqttSession,
    timeoutMs: number,
  ) => Promise<ReplyEnvelope | undefined>;
}

const refusedMetric: CounterMetric<'code'> = {
  name: 'outbox_refused_total',
  kind: 'counter',
  help: 'Changes that waited for the core, and that it did not take',
  labels: ['code'],
};

/** Questions that may be open at a time. */
const OPEN = 16;
const QUESTION_TIMEOUT_MS = 10_000;
/** How long what the core has decided may take to arrive. */
const TOLD_MS = 5_000;
/** How long to wait when the core cannot write. */
const UNWRITABLE_MS = 5_000;
/** How long to wait after a question without an answer: it may have failed at once, as while a connection is being closed. */
const AGAIN_MS = 1_000;

/** Brings what waits in the outbox to the core. A change leaves the outbox when the core has decided about it. */
export class OutboxCourier {
  readonly #options: OutboxCourierOptions;
  /** As many as changes have waited. */
  readonly #settling = new Set<Promise<void>>();
  #wake: (() => void) | undefined;

  constructor(options: OutboxCourierOptions) {
    this.#options = options;
  }

  /** The core may be asked now. */
  wake(): void {
    this.#wake?.();
  }

  /** Until the session ends; the oldest change first. */
  async run(session: MqttSession): Promise<void> {
    const { signal } = session;
    const open = new Map<string, Promise<void>>();
    while (!signal.aborted) {
      const next = this.#next(open);
      if (next) {
        const question = this.#bring(next, session).finally(() => open.delete(next.id));
        open.set(next.id, question);
      } else if (open.size > 0) await Promise.race(open.values());
      else await this.#untilWoken(signal);
    }
    await Promise.all([...open.values(), ...this.#settling]);
  }

  #next(open: ReadonlyMap<string, unknown>): ObserveEnvelope | undefined {
    const { outbox, readiness } = this.#options;
    // While the core leaves questions open, one is enough to notice when it is back.
    const most = { ready: OPEN, silent: 1, none: 0 }[readiness()];
    if (open.size >= most) return undefined;
    for (const change of outbox.changes()) if (!open.has(change.id)) return change;
    return undefined;
  }

  async #untilWoken(signal: AbortSignal): Promise<void> {
    using wake = childController(signal);
    this.#wake = () => wake.abort('awake');
    await this.#options.outbox.added(wake.signal);
    this.#wake = undefined;
  }

  async #bring(change: ObserveEnvelope, session: MqttSession): Promise<void> {
    const { outbox, mirror, log, metrics, ask } = this.#options;
    const { key } = change;
    const reply = await ask(change, session, QUESTION_TIMEOUT_MS);
    if (!reply) {
      outbox.putLast(change);
      await this.#pause(AGAIN_MS, session);
      return;
    }
    if (reply.status === 'accepted' || reply.code === 'WORLD_MODEL_SUPERSEDED') {
      outbox.remove(change);
      this.#settle(change, reply.status === 'accepted' ? reply.revision : 0, session);
    } else if (reply.code === 'WORLD_MODEL_UNWRITABLE') {
      await this.#pause(UNWRITABLE_MS, session);
    } else {
      outbox.remove(change);
      mirror.takeBack(change);
      metrics?.count(refusedMetric, 1, { code: reply.code });
      log.warn('the core did not take what was observed while it was away', { key, code: reply.code });
    }
  }

  /** Ends with the session. */
  async #pause(ms: number, { signal }: MqttSession): Promise<void> {
    await this.#options.clock.delay(ms, { signal }).catch(() => undefined);
  }

  /** Lets the change stand until the core has told what took its place, which it may not: it remembers no key for ever. */
  #settle(change: ObserveEnvelope, revision: number, session: MqttSession): void {
    const { mirror, clock } = this.#options;
    mirror.decided(change, revision);
    if (!mirror.covers(change)) return;
    const settling = clock
      .delay(TOLD_MS, { signal: session.signal })
      .then(
        () => mirror.takeBack(change),
        // The copy of the next connection shows what is right.
        () => undefined,
      )
      .finally(() => this.#settling.delete(settling));
    this.#settling.add(settling);
  }
}
