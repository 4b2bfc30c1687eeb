import { setMaxListeners } from 'node:events';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import { coreMetrics, type Metrics } from '@tiercel/capabilities/metrics';
import { childController, openDeadline, type PluginHealth } from '@tiercel/kernel';
import { MqttConnection } from '../connection/mqtt-connection.js';
import type { MqttMessage, MqttSession } from '../connection/mqtt-session.js';
import type { MqttSettings } from '../connection/mqtt-settings.js';
import { NameGuard } from '../connection/name-guard.js';
import {
  formatEnvelope,
  type ObserveEnvelope,
  parseReply,
  parseState,
  parseStatus,
  type ReplyEnvelope,
  type StateEnvelope,
  type StatusEnvelope,
} from '../wire/envelope.js';
import { Quarantine } from '../wire/quarantine.js';
import { Topics } from '../wire/topics.js';
import { Copy, type CopyLimits } from './copy.js';
import type { Mirror } from './mirror.js';
import type { Outbox } from './outbox.js';
import { OutboxCourier } from './outbox-courier.js';
import { Requests } from './requests.js';

export interface EdgeLinkOptions {
  readonly mirror: Mirror;
  readonly outbox: Outbox;
  readonly settings: MqttSettings;
  /** Name of this node. */
  readonly node: string;
  /** One life of this process. */
  readonly boot: string;
  /** Of our own topics. */
  readonly prefix: string;
  readonly limits: CopyLimits;
  readonly replyTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Metrics | undefined;
  readonly health: PluginHealth;
  readonly drops: { readonly count: number };
  /** A time that another node has given. */
  readonly witness: (hlc: string) => void;
  /** Between 0 and 1, for the spread of waits. */
  readonly random?: () => number;
}

/** The core as far as its status says. */
type Core = StatusEnvelope & { readonly epoch: string };

const ECHO_TIMEOUT_MS = 30_000;
/** How long a copy that is older than the mirror waits for a word of the core. */
const OLDER_MS = 30_000;
/** How often the whole state is asked for when less comes than the core has. */
const COPIES = 3;

/**
 * Links an edge with the core over a broker: keeps the mirror like what the core tells, and brings the outbox to it. A copy
 * is whole when a message to ourselves, sent after the subscription, has come back; it counts when the core is online.
 */
export class EdgeLink implements AsyncDisposable {
  readonly #options: EdgeLinkOptions;
  readonly #topics: Topics;
  readonly #connection: MqttConnection;
  readonly #quarantine: Quarantine;
  readonly #requests: Requests;
  readonly #courier: OutboxCourier;
  readonly #nameGuard: NameGuard;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** Undefined while the mirror follows the core directly. */
  #copy: Copy | undefined;
  #copies = 0;
  #core: Core | undefined;
  #lastCoreName: string | undefined;
  #echo: (() => void) | undefined;
  #heard = 0;
  /** The core is online, but has left a question open. */
  #isCoreSilent = false;
  /** Those who wait until it is known whether the core can be asked. */
  readonly #opening = new Set<() => void>();
  #reason: string | undefined;
  #isTold = false;

  constructor(options: EdgeLinkOptions) {
    const { mirror, outbox, settings, node, boot, prefix, clock, log, metrics, random } = options;
    this.#options = options;
    // One for each question, which the limits of the session bound.
    setMaxListeners(0, this.#stopping.signal);
    this.#topics = new Topics(prefix);
    this.#quarantine = new Quarantine(clock, log, metrics);
    this.#requests = new Requests(this.#topics.observe(node));
    this.#nameGuard = new NameGuard(boot);
    this.#courier = new OutboxCourier({
      ...{ mirror, outbox, clock, log, metrics },
      readiness: () => {
        if (this.obstacle !== undefined) return 'none';
        return this.#isCoreSilent ? 'silent' : 'ready';
      },
      ask: async (change, session, timeoutMs) => {
        using deadline = openDeadline(this.#stopping.signal, timeoutMs, () => 'late');
        return await this.#question(change, session, deadline.signal);
      },
    });
    this.#copy = new Copy(options.limits, { isAsked: true });
    this.#connection = new MqttConnection({
      settings,
      will: { topic: this.#topics.status(node), payload: this.#statusText('offline') },
      routes: [
        {
          subscriptions: [
            { filter: this.#topics.allStatuses, qos: 0 },
            { filter: this.#topics.allStates, qos: 0, isLater: true },
          ],
          handle: (message) => this.#hear(message),
        },
        {
          subscriptions: [{ filter: this.#topics.reply(node) }],
          handle: (message) => this.#hearReply(message),
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

  /** Why the core cannot be asked; undefined where it can. */
  get obstacle(): string | undefined {
    const { state } = this.#connection;
    const { broker } = this.#connection;
    if (state.type === 'away') return `broker ${broker} cannot be reached (${state.finding})`;
    if (state.type === 'refused') return `broker ${broker} is of no use: ${state.finding}`;
    if (state.type !== 'connected') return `broker ${broker} is not connected yet`;
    if (!this.#core) return `no core is online at broker ${broker}`;
    if (this.#copy) return 'the world model is being read';
    return undefined;
  }

  /** Returns at once. */
  start(): void {
    const { health, mirror, outbox, drops } = this.#options;
    health.facts(() => ({
      broker: this.#connection.broker,
      connection: this.#connection.state.type,
      core: this.#core?.node,
      isInStep: mirror.isInStep,
      entries: mirror.size,
      outbox: outbox.depth,
      dropped: drops.count,
      quarantined: this.#quarantine.count,
      latestQuarantined: this.#quarantine.latest,
    }));
    this.tellHealth();
    this.#follow(this.#followStates());
    this.#connection.start();
  }

  /**
   * What the core says of a change; undefined where nobody says anything in time. `isUrgent`: nothing else can be done
   * with the change, so even a core that has left questions open is asked.
   */
  async ask(
    change: ObserveEnvelope,
    { isUrgent }: { readonly isUrgent: boolean },
  ): Promise<ReplyEnvelope | undefined> {
    const { replyTimeoutMs } = this.#options;
    using deadline = openDeadline(this.#stopping.signal, replyTimeoutMs, () => 'late');
    if (isUrgent) await this.#untilDecided(deadline.signal);
    const { session } = this.#connection;
    if (!session || this.obstacle !== undefined || (this.#isCoreSilent && !isUrgent)) return undefined;
    return await this.#question(change, session, deadline.signal);
  }

  /** Says what is lost, or that all is well, where that has changed. */
  tellHealth(): void {
    const { health, outbox } = this.#options;
    const silence = this.#isCoreSilent ? 'the core does not answer' : undefined;
    const fullness = outbox.isFull ? `; the outbox is full (${outbox.depth} entries)` : '';
    const loss = this.obstacle ?? silence;
    const reason = loss === undefined ? undefined : `${loss}; what is known is the last copy${fullness}`;
    if (!this.#isOpening) for (const wake of [...this.#opening]) wake();
    if (this.#isTold && reason === this.#reason) return;
    this.#isTold = true;
    this.#reason = reason;
    if (reason === undefined) health.ready();
    else health.degraded(reason);
  }

  /** Says goodbye where that is possible, and settles within a few seconds in any case. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { node, mirror } = this.#options;
    mirror.isInStep = false;
    this.#stopping.abort('stopping');
    await this.#connection.stop({
      topic: this.#topics.status(node),
      payload: this.#statusText('offline'),
      isRetained: true,
    });
    await Promise.all(this.#running);
  }

  /** What a connection begins with. */
  async #begin(session: MqttSession): Promise<void> {
    session.signal.addEventListener('abort', () => this.#lose(), { once: true });
    this.#follow(this.#courier.run(session));
    if (this.#copy) await this.#readAll(session, this.#copy);
  }

  /** The next connection begins from nothing. */
  #lose(): void {
    this.#core = undefined;
    this.#copy = new Copy(this.#options.limits, { isAsked: true });
    this.#copies = 0;
    this.#isCoreSilent = false;
    this.#setInStep(false);
  }

  /** Work that is over with the connection, or with the link. */
  #follow(work: Promise<void>): void {
    const followed = work.finally(() => this.#running.delete(followed));
    this.#running.add(followed);
  }

  /** Asks for everything that the broker keeps, and settles when that is here. */
  async #readAll(session: MqttSession, copy: Copy): Promise<void> {
    this.#copies += 1;
    copy.isAsked = true;
    copy.isWhole = false;
    await session.subscribe([{ filter: this.#topics.allStates, qos: 0 }]);
    // Brokers may send what they have retained after what came later, so one way there and back is not enough.
    for (let seen = -1; seen !== copy.seen; ) {
      seen = copy.seen;
      await this.#roundTrip(session);
    }
    if (this.#copy !== copy) return;
    copy.isWhole = true;
    this.#useCopy(copy);
    this.tellHealth();
  }

  /** Tells that this node is online, and settles when it hears that itself. */
  async #roundTrip(session: MqttSession): Promise<void> {
    const { node, clock } = this.#options;
    const topic = this.#topics.status(node);
    const wait = childController(session.signal);
    const arrived = new Promise<'arrived'>((resolve) => {
      this.#echo = () => resolve('arrived');
    });
    try {
      await session.publish({ topic, payload: this.#statusText('online'), isRetained: true });
      this.#nameGuard.announced();
      for (let before = -1; before !== this.#heard; ) {
        before = this.#heard;
        const late = clock.delay(ECHO_TIMEOUT_MS, { signal: wait.signal });
        if ((await Promise.race([arrived, late])) === 'arrived') return;
      }
    } finally {
      wait.abort(session.signal.reason);
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

  /** Takes a whole copy over: all of it where the core is online, else what is newer than what is known. */
  #useCopy(copy: Copy): void {
    const { mirror, log } = this.#options;
    const core = this.#core;
    if (!core) {
      this.#useOldCopy(copy);
      return;
    }
    const states = copy.statesOf(core.epoch);
    if (this.#isIncomplete(states, core) && this.#copies < COPIES) {
      log.warn('the broker sent less than the core has, and is asked again', { entries: states.size });
      this.#readAgain(copy);
      return;
    }
    if (!copy.isOverdue && this.#isOlderThanMirror(states, core)) {
      this.#follow(this.#useLater(copy));
      return;
    }
    const { epoch, revision = 0, node: origin } = core;
    const refused = copy.refused + mirror.complete({ states, epoch, revision, origin });
    if (refused > 0) log.warn('the world model of the core is larger than "maxEntries"', { refused });
    this.#copy = undefined;
    this.#setInStep(true);
    log.info('in step with the core', { core: core.node, entries: mirror.size });
  }

  /** The broker has lost some of what it was told, or what was forgotten lately has no trace: the core may say which. */
  #isOlderThanMirror(states: ReadonlyMap<string, StateEnvelope>, { epoch, revision = 0 }: Core): boolean {
    const { mirror } = this.#options;
    if (epoch !== mirror.epoch || revision >= mirror.revision) return false;
    return [...states.values()].every((state) => state.revision < mirror.revision);
  }

  async #useLater(copy: Copy): Promise<void> {
    const { session } = this.#connection;
    if (!session) return;
    const { clock } = this.#options;
    await clock.delay(OLDER_MS, { signal: session.signal }).catch(() => undefined);
    if (this.#copy !== copy || session.signal.aborted) return;
    copy.isOverdue = true;
    this.#useCopy(copy);
  }

  #useOldCopy(copy: Copy): void {
    const { mirror } = this.#options;
    const epoch = copy.latestEpoch;
    if (epoch === undefined) return;
    const states = copy.statesOf(epoch);
    if (epoch === mirror.epoch) mirror.applyAll(states.values());
    else mirror.complete({ states, epoch, revision: 0, origin: this.#lastCoreName ?? 'core' });
  }

  /** Only as long as nothing has changed since the core has counted. */
  #isIncomplete(states: ReadonlyMap<string, StateEnvelope>, { revision = 0, entries = 0 }: Core): boolean {
    const all = [...states.values()];
    if (all.some((state) => state.revision > revision)) return false;
    return all.filter(({ op }) => op === 'put').length < entries;
  }

  #readAgain(copy: Copy): void {
    const { session } = this.#connection;
    if (!session || session.signal.aborted) return;
    this.#readAll(session, copy).catch((error: unknown) => {
      if (session.signal.aborted) return;
      this.#options.log.warn('the world model could not be read', { error });
      this.#connection.reconnect('the retained state could not be read');
    });
  }

  /** Settles when it is known whether the core can be asked, or with the end of `signal`. */
  async #untilDecided(signal: AbortSignal): Promise<void> {
    while (this.#isOpening && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#opening.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#opening.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
  }

  /** The connection is being made, or the state being read. */
  get #isOpening(): boolean {
    const { type } = this.#connection.state;
    return type === 'connecting' || (type === 'connected' && this.#copy?.isWhole === false);
  }

  #hear(message: MqttMessage): void {
    // Left over from a connection that is lost: the next one says what counts.
    if (!this.#connection.session) return;
    this.#heard += 1;
    const topic = this.#topics.parse(message.topic);
    if (topic?.type === 'state') this.#hearState(topic.key, message);
    else if (topic?.type === 'status') this.#hearStatus(topic.node, message);
  }

  #hearState(key: string, message: MqttMessage): void {
    const { mirror, witness } = this.#options;
    const bytes = message.payload.byteLength;
    if (bytes === 0) {
      if (this.#copy) this.#copy.clear(key);
      else mirror.clear(key, this.#core?.node ?? 'core');
      return;
    }
    const state = parseState(message.payload);
    if (!state.ok) {
      this.#quarantine.add(message, state);
      return;
    }
    if (state.value.key !== key) {
      this.#quarantine.add(message, { cause: 'field-invalid', finding: 'its key is not that of its topic' });
      return;
    }
    witness(state.value.hlc);
    // The core has begun anew, and will say so.
    if (!this.#copy && state.value.epoch !== mirror.epoch) this.#startCopy();
    if (this.#copy) this.#copy.take(state.value, bytes);
    else if (mirror.apply(state.value) === 'full') {
      this.#quarantine.add(message, { cause: 'store-full', finding: 'the copy has no room for it' });
    }
  }

  #hearStatus(node: string, message: MqttMessage): void {
    const status = parseStatus(message.payload);
    if (!status.ok) {
      if (message.payload.byteLength > 0) this.#quarantine.add(message, status);
      return;
    }
    if (status.value.node !== node) {
      this.#quarantine.add(message, { cause: 'field-invalid', finding: 'it speaks for another node' });
      return;
    }
    if (node === this.#options.node) this.#hearOwnStatus(status.value);
    else if (status.value.role === 'core') this.#hearCore(status.value);
  }

  #hearOwnStatus(status: StatusEnvelope): void {
    const { node, boot } = this.#options;
    if (status.boot === boot && status.status === 'online') this.#echo?.();
    if (!this.#nameGuard.isTaken(status)) return;
    this.#connection.refuse({
      reason: 'taken-over',
      finding: `another process goes by the name of this node (${node}); give each its own NODE_NAME`,
      isFinal: true,
    });
  }

  #hearCore(status: StatusEnvelope): void {
    const { node, epoch } = status;
    if (status.status === 'offline') {
      if (this.#core?.node !== node) return;
      this.#core = undefined;
      this.#startCopy();
      return;
    }
    // One that does not say what it has is not ready.
    if (epoch === undefined) return;
    this.#core = { ...status, epoch };
    this.#lastCoreName = node;
    this.#isCoreSilent = false;
    if (!this.#copy && epoch !== this.#options.mirror.epoch) this.#startCopy();
    const copy = this.#copy;
    if (copy?.isWhole) this.#useCopy(copy);
    else if (copy && !copy.isAsked) this.#readAgain(copy);
    this.tellHealth();
  }

  /** What the core tells is collected from here on, until a whole copy shows what is right. */
  #startCopy(): void {
    if (!this.#copy) {
      this.#copy = new Copy(this.#options.limits, { isAsked: false });
      this.#copies = 0;
    }
    this.#setInStep(false);
  }

  #setInStep(isInStep: boolean): void {
    this.#options.mirror.isInStep = isInStep;
    this.tellHealth();
    if (isInStep) this.#courier.wake();
  }

  #hearReply(message: MqttMessage): void {
    const reply = parseReply(message.payload);
    if (!reply.ok) {
      this.#quarantine.add(message, reply);
      return;
    }
    this.#requests.answered(reply.value);
    if (!this.#isCoreSilent) return;
    this.#isCoreSilent = false;
    this.tellHealth();
  }

  async #question(
    change: ObserveEnvelope,
    session: MqttSession,
    late: AbortSignal,
  ): Promise<ReplyEnvelope | undefined> {
    try {
      return await this.#requests.ask(change, session, late);
    } catch (error) {
      if (session.signal.aborted || this.#stopping.signal.aborted) return undefined;
      if (late.aborted) {
        this.#isCoreSilent = true;
        this.tellHealth();
      } else {
        this.#options.log.warn('a change could not be published', { error });
      }
      return undefined;
    }
  }

  async #followStates(): Promise<void> {
    const { log, metrics } = this.#options;
    const { broker } = this.#connection;
    for await (const state of this.#connection.states()) {
      metrics?.set(coreMetrics.mqttConnected, state.type === 'connected' ? 1 : 0);
      this.tellHealth();
      if (state.type === 'connected') {
        log.info('broker connected', { broker, protocolVersion: state.protocolVersion });
      } else if (state.type === 'away' || state.type === 'refused') {
        log.warn('the broker is of no use', { broker, finding: state.finding });
      }
    }
  }

  #statusText(status: StatusEnvelope['status']): string {
    const { node, boot } = this.#options;
    return formatEnvelope({ node, role: 'edge', boot, status });
  }
}
