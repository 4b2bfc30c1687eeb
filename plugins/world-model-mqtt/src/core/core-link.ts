import { randomUUID } from 'node:crypto';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import { type CounterMetric, coreMetrics, type Metrics } from '@tiercel/capabilities/metrics';
import type { WorldChange, WorldEntry, WorldModel, WorldSnapshot } from '@tiercel/capabilities/world-model';
import { childController, type PluginHealth, raceSignal } from '@tiercel/kernel';
import { keyOf } from '@tiercel/world';
import { MqttConnection, type MqttRefusal } from '../connection/mqtt-connection.js';
import type {
  MqttMessage,
  MqttPublication,
  MqttSession,
  MqttSubscription,
} from '../connection/mqtt-session.js';
import type { MqttSettings } from '../connection/mqtt-settings.js';
import { NameGuard } from '../connection/name-guard.js';
import { formatEnvelope, parseReply, parseStatus, type StatusEnvelope } from '../wire/envelope.js';
import { Quarantine } from '../wire/quarantine.js';
import { Topics } from '../wire/topics.js';
import { uuidV7 } from '../wire/uuid-v7.js';
import { type Decision, openDecision } from './decision.js';
import { Ingestion } from './ingestion.js';
import { Intake } from './intake.js';
import { RawMirror } from './raw-mirror.js';
import { RetainedComparison } from './retained-comparison.js';
import { StatePublisher } from './state-publisher.js';

export interface CoreLinkOptions {
  readonly world: WorldModel;
  readonly settings: MqttSettings;
  /** Name of this node. */
  readonly node: string;
  /** Of our own topics. */
  readonly prefix: string;
  /** Filters of the topics of devices. */
  readonly ingest: readonly string[];
  /** Whether what is observed under `telemetry/` is told to devices too. */
  readonly mirror: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Metrics | undefined;
  readonly health: PluginHealth;
  /** Between 0 and 1, for the spread of waits. */
  readonly random?: () => number;
}

/** What the link is doing, for whoever looks at the node. */
export type CorePhase =
  | 'away'
  /** Finding out whether there is another core. */
  | 'deciding'
  /** Comparing what the broker has retained with the store. */
  | 'comparing'
  /** The broker has everything; changes follow as they happen. */
  | 'in-step';

const repliesLostMetric: CounterMetric<never> = {
  name: 'mqtt_replies_lost_total',
  kind: 'counter',
  help: 'Replies to observations that did not reach the broker; the node asks again',
  labels: [],
};

const ECHO_TIMEOUT_MS = 30_000;
const WATCH_AGAIN_MS = 1_000;

/**
 * Links a store with a broker: the store is the truth, and this is its only voice there. Publishes every entry, takes what
 * nodes and devices observe, and answers nodes. After each connection the broker's retained set is made equal to the store,
 * then the status says so.
 */
export class CoreLink implements AsyncDisposable {
  readonly #options: CoreLinkOptions;
  readonly #boot = randomUUID();
  readonly #topics: Topics;
  readonly #observed: readonly MqttSubscription[];
  readonly #connection: MqttConnection;
  readonly #publisher: StatePublisher;
  readonly #quarantine: Quarantine;
  readonly #intake: Intake;
  readonly #mirror = new RawMirror();
  readonly #ingestion: Ingestion;
  readonly #nameGuard: NameGuard;
  readonly #stopping = new AbortController();
  /** Other cores that are online, as far as this connection has heard. */
  readonly #otherCores = new Set<string>();
  readonly #running: Promise<void>[] = [];
  #phase: CorePhase = 'away';
  /** Whether this node is the core of this connection. */
  #decision: Decision = openDecision();
  #echo: { readonly ref: string; readonly arrive: () => void } | undefined;
  #comparison: RetainedComparison | undefined;
  /** Something was missed: the comparison is to be made (again). */
  #isOutOfStep = false;
  #heard = 0;
  #publishing: Promise<void> | undefined;
  #comparingAgain: Promise<void> | undefined;

  constructor(options: CoreLinkOptions) {
    const { world, settings, node, prefix, ingest, clock, log, metrics, random } = options;
    this.#options = options;
    this.#topics = new Topics(prefix);
    this.#quarantine = new Quarantine(clock, log, metrics);
    this.#intake = new Intake(world, this.#quarantine);
    this.#ingestion = new Ingestion(world, this.#quarantine, this.#mirror);
    this.#nameGuard = new NameGuard(this.#boot);
    const topics = this.#topics;
    this.#observed = [
      { filter: topics.allObserves, isLater: true },
      ...ingest.map((filter) => ({ filter, noLocal: true, isLater: true })),
    ];
    this.#publisher = new StatePublisher({
      world,
      topics,
      boot: this.#boot,
      clock,
      refused: () =>
        this.#connection.refuse({
          reason: 'access',
          finding: `it does not let us write ${topics.allStates}; correct its access rules`,
          isFinal: false,
        }),
    });
    this.#connection = new MqttConnection({
      settings,
      will: { topic: topics.status(node), payload: this.#statusText('offline') },
      routes: [
        {
          subscriptions: [
            { filter: topics.reply(node) },
            // Retained, like the state: a queue that is too short must not lose one.
            { filter: topics.allStatuses, qos: 0 },
            { filter: topics.allStates, qos: 0, isLater: true },
          ],
          handle: (message) => this.#hear(message),
        },
        {
          subscriptions: this.#observed,
          wants: (message) => message.qos === 1 || this.#decision.isMade,
          handle: (message, signal) => this.#take(message, signal),
        },
      ],
      connected: (session) => this.#begin(session),
      clock,
      ...(random && { random }),
      lost: (message, error) => {
        if (error !== undefined) log.error('a message could not be handled', { topic: message.topic, error });
      },
    });
  }

  get phase(): CorePhase {
    return this.#phase;
  }

  /** Returns at once. The store is watched from here on. */
  start(): void {
    const { health } = this.#options;
    health.facts(() => ({
      broker: this.#connection.broker,
      connection: this.#connection.state.type,
      phase: this.#phase,
      boot: this.#boot,
      waiting: this.#publisher.waiting,
      ingested: this.#ingestion.count,
      quarantined: this.#quarantine.count,
      latestQuarantined: this.#quarantine.latest,
    }));
    this.#running.push(this.#watch(), this.#followStates());
    this.#connection.start();
  }

  /** Says goodbye where that is possible, and settles within a few seconds in any case. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { node } = this.#options;
    const farewell: MqttPublication = {
      topic: this.#topics.status(node),
      payload: this.#statusText('offline'),
      isRetained: true,
    };
    await this.#connection.stop(this.#phase === 'away' || this.#phase === 'deciding' ? undefined : farewell);
    this.#stopping.abort(undefined);
    await Promise.all(this.#running);
  }

  /** What a connection begins with. Rejects where it cannot go on. */
  async #begin(session: MqttSession): Promise<void> {
    this.#phase = 'deciding';
    session.signal.addEventListener('abort', () => this.#end(), { once: true });
    // What the connection before has begun is over as soon as the store has answered it.
    await Promise.all([this.#publishing, this.#comparingAgain]);
    await this.#roundTrip(session);
    const [other] = this.#otherCores;
    if (other !== undefined) {
      await this.#yieldTo(other, session);
      return;
    }
    this.#decision.make(true);
    await session.subscribe(this.#observed);
    this.#phase = 'comparing';
    this.#publishing = this.#publish(session);
    await this.#getInStep(session);
  }

  #end(): void {
    this.#phase = 'away';
    // Not at the beginning of the next one: what the broker has kept for us arrives before that.
    if (this.#decision.isMade) this.#decision = openDecision();
    this.#otherCores.clear();
    this.#comparison = undefined;
    this.#publisher.clear();
    this.#mirror.clear();
  }

  async #publish(session: MqttSession): Promise<void> {
    try {
      await this.#publisher.run(session);
    } catch (error) {
      this.#options.log.error('the state could not be published', { error });
      this.#connection.reconnect('the world model of this node could not be read');
    }
  }

  /** Makes the broker's retained set equal to the store, and says so. */
  async #getInStep(session: MqttSession): Promise<void> {
    const { node, health, log } = this.#options;
    this.#phase = 'comparing';
    do {
      this.#isOutOfStep = false;
      const { epoch, revision, entries } = await this.#compare(session);
      if (this.#isOutOfStep) continue;
      const payload = this.#statusText('online', { epoch, revision, entries: entries.length });
      await session.publish({ topic: this.#topics.status(node), payload, isRetained: true });
      this.#nameGuard.announced();
      log.info('the broker has the world model', { entries: entries.length });
    } while (this.#isOutOfStep);
    this.#phase = 'in-step';
    health.ready();
  }

  async #compare(session: MqttSession): Promise<WorldSnapshot> {
    // Changes from here on are marked as they come, so none falls between the snapshot and the rest.
    const snapshot = await this.#options.world.snapshot();
    const comparison = new RetainedComparison(snapshot, this.#publisher);
    this.#comparison = comparison;
    const filter = this.#topics.allStates;
    await session.subscribe([{ filter, qos: 0 }]);
    // Brokers may send what they have retained after what came later, so one way there and back is not enough.
    for (let seen = -1; seen !== comparison.seen; ) {
      seen = comparison.seen;
      await this.#roundTrip(session);
    }
    await session.unsubscribe([filter]);
    this.#comparison = undefined;
    comparison.end();
    await raceSignal(this.#publisher.drained(), session.signal);
    if (comparison.isIncomplete || this.#publisher.takeOverflow()) this.#isOutOfStep = true;
    return snapshot;
  }

  /** Settles when a message to ourselves has come back: whatever the broker sent before it is here. */
  async #roundTrip(session: MqttSession): Promise<void> {
    const { node, clock } = this.#options;
    const ref = uuidV7();
    const topic = this.#topics.reply(node);
    const wait = childController(session.signal);
    const arrived = new Promise<'arrived'>((resolve) => {
      this.#echo = { ref, arrive: () => resolve('arrived') };
    });
    try {
      await session.publish({ topic, payload: formatEnvelope({ ref, status: 'accepted', revision: 0 }) });
      for (let before = -1; before !== this.#heard; ) {
        before = this.#heard;
        const late = clock.delay(ECHO_TIMEOUT_MS, { signal: wait.signal });
        if ((await Promise.race([arrived, late])) === 'arrived') return;
      }
    } finally {
      wait.abort(undefined);
      this.#echo = undefined;
    }
    this.#connection.refuse({
      reason: 'access',
      finding: `it does not send us what is published on ${topic}; correct its access rules`,
      isFinal: false,
    });
    await session.ended;
    session.signal.throwIfAborted();
  }

  /** Whether another core goes on in our place. */
  async #yieldTo(other: string, session: MqttSession): Promise<void> {
    this.#decision.make(false);
    // Nobody reads them here any more, and it has its own.
    await session.unsubscribe(this.#observed.map(({ filter }) => filter));
    this.#connection.refuse({
      reason: 'role',
      finding: `node ${other} is the core of this broker already; stop one of them, or give them different values of MQTT_PREFIX`,
      isFinal: false,
    });
  }

  #hear(message: MqttMessage): void {
    this.#heard += 1;
    const topic = this.#topics.parse(message.topic);
    if (topic?.type === 'state') {
      // What is not retained is our own, or will be put right by the next comparison.
      if (message.isRetained) this.#comparison?.see(topic.key, message.payload);
    } else if (topic?.type === 'reply') {
      const reply = parseReply(message.payload);
      if (reply.ok && reply.value.ref === this.#echo?.ref) this.#echo.arrive();
    } else if (topic?.type === 'status') {
      this.#hearStatus(topic.node, message);
    }
  }

  #hearStatus(node: string, message: MqttMessage): void {
    this.#otherCores.delete(node);
    if (message.payload.byteLength === 0) return;
    const status = parseStatus(message.payload);
    if (!status.ok) {
      this.#quarantine.add(message, status);
      return;
    }
    if (status.value.node !== node) {
      this.#quarantine.add(message, { cause: 'field-invalid', finding: 'it speaks for another node' });
      return;
    }
    if (node === this.#options.node) {
      if (this.#nameGuard.isTaken(status.value)) this.#connection.refuse(nameTaken(node));
      return;
    }
    if (status.value.role !== 'core' || status.value.status !== 'online') return;
    this.#otherCores.add(node);
    // Two that came at the same moment did not see each other: then the order of their names decides.
    const { session } = this.#connection;
    if (session && this.#decision.isMade && node < this.#options.node) {
      void this.#yieldTo(node, session).catch(() => undefined);
    }
  }

  async #take(message: MqttMessage, signal: AbortSignal): Promise<void> {
    // No: the other core takes it.
    if (!(await raceSignal(this.#decision.made, signal))) return;
    const topic = this.#topics.parse(message.topic);
    if (topic?.type === 'observe') {
      const reply = await this.#intake.take(topic.node, message);
      if (reply) this.#reply(topic.node, formatEnvelope(reply), message.traceparent);
    } else if (!this.#topics.owns(message.topic)) {
      await this.#ingestion.take(message);
    }
  }

  /** Does not wait: whoever asked and hears nothing asks again. */
  #reply(node: string, payload: string, traceparent: string | undefined): void {
    const { metrics } = this.#options;
    this.#connection
      .publish({ topic: this.#topics.reply(node), payload, traceparent })
      .catch(() => metrics?.count(repliesLostMetric, 1));
  }

  /** Hears of every change of the store, as long as the link lives. */
  async #watch(): Promise<void> {
    const { world, clock, log } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const changes = world.watch('', { signal });
        this.#missedChanges();
        for await (const change of changes) this.#apply(change);
      } catch (error) {
        if (signal.aborted) return;
        log.error('the world model cannot be watched', { error });
      }
      await clock.delay(WATCH_AGAIN_MS, { signal }).catch(() => undefined);
    }
  }

  #apply(change: WorldChange): void {
    if (change.type === 'reset') {
      this.#missedChanges();
      return;
    }
    if (this.#phase !== 'comparing' && this.#phase !== 'in-step') return;
    this.#publisher.mark(keyOf(change), change);
    if (this.#options.mirror && change.type === 'entry-put') this.#tellDevices(change.entry);
  }

  #tellDevices(entry: WorldEntry): void {
    const publication = this.#mirror.toPublication(entry);
    const { session } = this.#connection;
    if (!publication || !session) return;
    if (session.protocolVersion === 4) this.#mirror.expectBack(publication);
    // QoS 0: what does not get through is not repeated.
    session.publish(publication).catch(() => undefined);
  }

  /** What waits may be void: everything is compared again, now or with the comparison that is under way. */
  #missedChanges(): void {
    if (this.#phase !== 'comparing' && this.#phase !== 'in-step') return;
    this.#publisher.clear();
    this.#isOutOfStep = true;
    const { session } = this.#connection;
    if (this.#phase !== 'in-step' || !session) return;
    this.#comparingAgain = this.#getInStep(session).catch((error: unknown) => {
      this.#options.log.warn('the broker could not be compared with the world model', { error });
      this.#connection.reconnect('the comparison with the world model failed');
    });
  }

  async #followStates(): Promise<void> {
    const { health, log, metrics } = this.#options;
    const { broker } = this.#connection;
    for await (const state of this.#connection.states()) {
      metrics?.set(coreMetrics.mqttConnected, state.type === 'connected' ? 1 : 0);
      if (state.type === 'connected') {
        log.info('broker connected', { broker, protocolVersion: state.protocolVersion });
      } else if (state.type === 'away' || state.type === 'refused') {
        const reason =
          state.type === 'away'
            ? `broker ${broker} cannot be reached: ${state.finding}`
            : `broker ${broker} is of no use: ${state.finding}`;
        health.degraded(reason);
        log.warn(reason);
      }
    }
  }

  #statusText(
    status: StatusEnvelope['status'],
    facts: Pick<StatusEnvelope, 'epoch' | 'revision' | 'entries'> = {},
  ): string {
    return formatEnvelope({ node: this.#options.node, role: 'core', boot: this.#boot, status, ...facts });
  }
}

function nameTaken(node: string): MqttRefusal {
  return {
    reason: 'taken-over',
    finding: `another process goes by the name of this node (${node}); give each its own NODE_NAME`,
    isFinal: true,
  };
}
