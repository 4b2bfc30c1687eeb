import type { Clock } from '@tiercel/capabilities/clock';
import { isTiercelError, openDeadline, raceSignal } from '@tiercel/kernel';
import { MqttError } from '../errors.js';
import { matchesTopicFilter } from '../wire/topic-filter.js';
import { BackOff } from './back-off.js';
import { Inbox } from './inbox.js';
import {
  type Incoming,
  type LastWill,
  type MqttMessage,
  type MqttPublication,
  MqttSession,
  type MqttSubscription,
  type SessionEnd,
} from './mqtt-session.js';
import { type MqttSettings, readTlsFiles } from './mqtt-settings.js';
import { type MqttState, MqttStates, type RefusalReason } from './mqtt-state.js';

/** Messages of some filters, handled one after the other in the order of their arrival. */
export interface MqttRoute {
  readonly subscriptions: readonly MqttSubscription[];
  /** Asked at once, before it waits for its turn: what is not wanted is dropped and acknowledged. */
  wants?(message: MqttMessage): boolean;
  /**
   * The message is acknowledged when this has settled. Where it fails the connection is made anew, so that the broker sends
   * the message again: what is wrong with the message itself is not a failure.
   */
  handle(message: MqttMessage, signal: AbortSignal): Promise<void> | void;
}

export interface MqttConnectionOptions {
  readonly settings: MqttSettings;
  readonly will: LastWill;
  /** A message goes to the first one that has a filter for it. */
  readonly routes: readonly MqttRoute[];
  /**
   * The filters of all routes are subscribed, but for the later ones. What it throws ends the connection, which is then made anew.
   */
  readonly connected?: (session: MqttSession) => Promise<void> | void;
  readonly clock: Clock;
  /** Between 0 and 1, for the spread of waits. */
  readonly random?: () => number;
  /** A message on a filter that no route has (left over from an earlier life), or one that could not be handled. */
  readonly lost?: (message: MqttMessage, error: unknown) => void;
}

/** Going on makes no sense before somebody has done something. */
export interface MqttRefusal {
  readonly reason: RefusalReason;
  readonly finding: string;
  readonly isFinal: boolean;
}

const INBOX_CAPACITY = 256;
/** A connection that lived as long as this was a good one: the next wait is a short one. */
const GOOD_MS = 5_000;
const STOP_MS = 2_000;

/**
 * Keeps a connection to one broker, for as long as it takes: MQTT 5, or 3.1.1 where the broker speaks nothing newer. Nothing
 * is published while it is away, and nothing is kept here for later: that is for the caller, who knows what may be left out.
 */
export class MqttConnection implements AsyncDisposable {
  /** Of the broker, for messages. */
  readonly broker: string;
  readonly #options: MqttConnectionOptions;
  readonly #states = new MqttStates();
  readonly #backOff: BackOff;
  readonly #stopping = new AbortController();
  readonly #inboxes: readonly { readonly route: MqttRoute; readonly inbox: Inbox }[];
  #session: MqttSession | undefined;
  #refusal: MqttRefusal | undefined;
  #failure: string | undefined;
  #running: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: MqttConnectionOptions) {
    const { settings, random = Math.random, routes } = options;
    this.#options = options;
    this.broker = `${settings.isTls ? 'mqtts' : 'mqtt'}://${settings.host}:${settings.port}`;
    this.#backOff = new BackOff(random);
    this.#inboxes = routes.map((route) => ({
      route,
      inbox: new Inbox({
        capacity: INBOX_CAPACITY,
        handle: (message, signal) => route.handle(message, signal),
        failed: (error, message) => this.#fail(error, message),
        signal: this.#stopping.signal,
      }),
    }));
  }

  get state(): MqttState {
    return this.#states.current;
  }

  /** The connection that stands now. */
  get session(): MqttSession | undefined {
    return this.#session;
  }

  /** Starts with the current state; a slow reader misses some, never the last one. */
  states(signal?: AbortSignal): AsyncIterable<MqttState> {
    return this.#states.follow(signal);
  }

  /** Returns at once: `states` tells how it goes. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Rejects with `MQTT_AWAY` at once where there is no connection. */
  async publish(publication: MqttPublication, signal?: AbortSignal): Promise<void> {
    if (!this.#session) throw new MqttError('MQTT_AWAY', { broker: this.broker });
    await this.#session.publish(publication, signal);
  }

  /** Ends the connection that stands, and makes a new one after a wait. */
  reconnect(finding: string): void {
    this.#failure ??= finding;
    void this.#session?.destroy();
  }

  /** Says goodbye, and makes no new connection where the refusal is final. */
  refuse(refusal: MqttRefusal): void {
    this.#refusal ??= refusal;
    const session = this.#session;
    if (!session) return;
    const deadline = openDeadline(undefined, STOP_MS, () => undefined);
    void session.close(deadline.signal).finally(() => deadline[Symbol.dispose]());
  }

  /** Publishes `farewell` where that is possible, says goodbye, and settles within a few seconds in any case. */
  stop(farewell?: MqttPublication): Promise<void> {
    this.#stopped ??= this.#stop(farewell);
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(farewell: MqttPublication | undefined): Promise<void> {
    const session = this.#session;
    if (session) {
      using deadline = openDeadline(undefined, STOP_MS, () => undefined);
      try {
        if (farewell) await raceSignal(session.publish(farewell, deadline.signal), deadline.signal);
      } catch {
        // Then the last will says it.
        await session.destroy();
      }
      await session.close(deadline.signal);
    }
    this.#stopping.abort(new MqttError('MQTT_AWAY', { broker: this.broker }));
    using deadline = openDeadline(undefined, STOP_MS, () => undefined);
    const closing = Promise.all([this.#running, ...this.#inboxes.map(({ inbox }) => inbox.close())]);
    // A handler that does not listen to its signal is left behind.
    await raceSignal(closing, deadline.signal).catch(() => undefined);
    this.#states.set({ type: 'stopped' });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let version: 4 | 5 = 5;
    while (!signal.aborted) {
      this.#states.set({ type: 'connecting' });
      this.#failure = undefined;
      this.#refusal = undefined;
      try {
        const end = await this.#connectOnce(version, signal);
        version = end === 'version' ? 4 : 5;
        if (end !== 'version') await this.#wait(end, signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#wait({ finding: textOf(error), isTakenOver: false }, signal).catch(() => undefined);
      }
    }
  }

  /** Settles when the connection is over, or could not be made. */
  async #connectOnce(
    protocolVersion: 4 | 5,
    signal: AbortSignal,
  ): Promise<SessionEnd | MqttRefusal | 'version'> {
    const { settings, will, clock } = this.#options;
    const files = await readTlsFiles(settings, signal);
    if ('finding' in files) return { reason: 'files', finding: files.finding, isFinal: false };
    const opened = await MqttSession.open({
      broker: this.broker,
      settings,
      files,
      protocolVersion,
      will,
      clock,
      signal,
      receive: (incoming) => this.#receive(incoming),
    });
    if (!(opened instanceof MqttSession)) {
      if (opened.type === 'version') {
        if (protocolVersion === 5) return 'version';
        return {
          reason: 'client-id',
          finding: 'it speaks neither MQTT 5 nor MQTT 3.1.1',
          isFinal: false,
        };
      }
      if (opened.type === 'refused') return { ...opened, isFinal: false };
      return { finding: opened.finding, isTakenOver: false };
    }
    const startMs = clock.nowMs();
    this.#session = opened;
    try {
      await this.#settleIn(opened);
      const end = await opened.ended;
      if (clock.nowMs() - startMs >= GOOD_MS) this.#backOff.reset();
      if (this.#refusal) return this.#refusal;
      return this.#failure === undefined ? end : { ...end, finding: this.#failure };
    } finally {
      this.#session = undefined;
    }
  }

  /** Subscribes and hands over. What fails here ends the session, and that is what the caller sees. */
  async #settleIn(session: MqttSession): Promise<void> {
    const subscriptions = this.#options.routes
      .flatMap((route) => route.subscriptions)
      .filter(({ isLater }) => !isLater);
    try {
      await session.subscribe(subscriptions);
      this.#states.set({ type: 'connected', protocolVersion: session.protocolVersion });
      await this.#options.connected?.(session);
    } catch (error) {
      if (session.signal.aborted) return;
      if (isTiercelError(error, 'MQTT_SUBSCRIBE_REFUSED')) {
        this.#refusal ??= { reason: 'access', finding: String(error.details.reason), isFinal: false };
      } else this.#failure ??= textOf(error);
      await session.destroy();
    }
  }

  async #wait(end: SessionEnd | MqttRefusal, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const refusal: MqttRefusal | undefined = 'reason' in end ? end : takeover(end);
    if (!refusal) {
      const retryMs = this.#backOff.nextMs();
      this.#states.set({ type: 'away', finding: end.finding, retryMs });
      await clock.delay(retryMs, { signal });
      return;
    }
    const { reason, finding, isFinal } = refusal;
    this.#states.set({ type: 'refused', reason, finding, isFinal });
    if (isFinal) {
      // Until it is stopped: whatever is done about it ends with a new start.
      await raceSignal(new Promise<never>(() => {}), signal);
    }
    this.#backOff.skipToLongest();
    await clock.delay(this.#backOff.nextMs(), { signal });
  }

  #receive(incoming: Incoming): Promise<void> | undefined {
    const { message } = incoming;
    const found = this.#inboxes.find(({ route }) =>
      route.subscriptions.some(({ filter }) => matchesTopicFilter(message.topic, filter)),
    );
    if (found && (found.route.wants?.(message) ?? true)) return found.inbox.put(incoming);
    if (!found) this.#options.lost?.(message, undefined);
    incoming.acknowledge();
    return undefined;
  }

  #fail(error: unknown, message: MqttMessage): void {
    this.#options.lost?.(message, error);
    // What came with QoS 0 does not come again, whatever is done.
    if (message.qos === 1) this.reconnect('a message could not be handled here');
  }
}

function takeover({ isTakenOver }: SessionEnd): MqttRefusal | undefined {
  if (!isTakenOver) return undefined;
  return {
    reason: 'taken-over',
    finding:
      'another client has come with our client id; give each node its own name, or its own MQTT_CLIENT_ID',
    isFinal: true,
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
