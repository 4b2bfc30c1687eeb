import { setMaxListeners } from 'node:events';
import { Socket } from 'node:net';
import type { Clock } from '@tiercel/capabilities/clock';
import { isTiercelError, raceSignal } from '@tiercel/kernel';
import type { IClientOptions, IPublishPacket, MqttClient } from 'mqtt';
import { MqttError } from '../errors.js';
import { type ConnectFailure, toConnectFailure } from './connect-failure.js';
import type { MqttSettings, TlsFiles } from './mqtt-settings.js';
import { Slots } from './slots.js';

/** Something to publish: QoS 1 unless said otherwise. */
export interface MqttPublication {
  readonly topic: string;
  readonly payload: string;
  readonly qos?: 0 | 1;
  readonly isRetained?: boolean;
  /** After this time the broker drops it, where it speaks MQTT 5. Rounded up to seconds. */
  readonly expiryMs?: number | undefined;
  readonly traceparent?: string | undefined;
}

export interface MqttMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  /** The broker kept it and sends it because somebody subscribed: it may be old. */
  readonly isRetained: boolean;
  /** The broker has sent it before, and was not told that it arrived. */
  readonly isRepeat: boolean;
  readonly traceparent?: string;
}

/** A message on its way in. `acknowledge` tells the broker that it need not keep it any longer. */
export interface Incoming {
  readonly message: MqttMessage;
  acknowledge(): void;
}

export interface MqttSubscription {
  readonly filter: string;
  /**
   * Default 1. Retained topics are asked for with 0: of those, brokers drop what is more than their queue may hold
   * (Mosquitto: 1,000), and whatever a broken connection loses the next subscription brings again.
   */
  readonly qos?: 0 | 1;
  /** Not with each connection: its owner asks for it, with `subscribe` of the session. */
  readonly isLater?: boolean;
  /** Leaves out what we publish ourselves, where the broker speaks MQTT 5. */
  readonly noLocal?: boolean;
}

export interface LastWill {
  readonly topic: string;
  readonly payload: string;
}

export interface OpenSessionOptions {
  readonly broker: string;
  readonly settings: MqttSettings;
  readonly files: TlsFiles;
  readonly protocolVersion: 4 | 5;
  readonly will: LastWill;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A promise holds back whatever else the broker sends until it settles. */
  readonly receive: (incoming: Incoming) => Promise<void> | undefined;
}

export interface SessionEnd {
  readonly finding: string;
  /** Another client has come with our client id. */
  readonly isTakenOver: boolean;
}

const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 10_000;
const KEEPALIVE_SECONDS = 30;
const SESSION_EXPIRY_SECONDS = 3_600;
const WILL_DELAY_SECONDS = 3;
/** Messages that the broker may have under way to us, and we to it. */
const IN_FLIGHT = 32;
const WAITING = 1_024;
/** Larger packets stay with the broker, where it speaks MQTT 5. */
const PACKET_BYTES = 256 * 1024;
const SESSION_TAKEN_OVER = 142;

/** `handleMessage` sends no PUBACK when it is called back with an error; we send it ourselves when the message is handled. */
const acknowledgedLater: Error = { name: 'AcknowledgedLater', message: 'acknowledged when it is handled' };

/**
 * One connection to a broker, from CONNECT until it is lost; it never comes back. Each has a client of its own, so that
 * nothing waits in the library for a connection that may never come.
 */
export class MqttSession {
  readonly protocolVersion: 4 | 5;
  readonly ended: Promise<SessionEnd>;
  readonly #client: MqttClient;
  readonly #broker: string;
  readonly #clock: Clock;
  readonly #slots: Slots;
  readonly #controller = new AbortController();
  /** Oldest first; all have the same time. */
  readonly #unanswered = new Set<Unanswered>();
  #isWatching = false;
  #finding: string | undefined;

  /** Settles within 10 s. */
  static async open(options: OpenSessionOptions): Promise<MqttSession | ConnectFailure> {
    const { default: mqtt } = await import('mqtt');
    options.signal.throwIfAborted();
    const client = mqtt.connect(toClientOptions(options));
    let lastError: unknown;
    let reasonCode = 0;
    let isConnected = false;
    const ended = new Promise<SessionEnd>((resolve) => {
      client.on('error', (error) => {
        lastError ??= error;
      });
      client.on('disconnect', (packet) => {
        reasonCode = packet.reasonCode ?? 0;
      });
      client.once('close', () => {
        const finding =
          reasonCode > 0 ? `it ended the connection (reason ${reasonCode})` : findingOf(lastError);
        resolve({ finding, isTakenOver: reasonCode === SESSION_TAKEN_OVER });
      });
    });
    let session: MqttSession | undefined;
    client.handleMessage = (packet, done) => {
      const { messageId } = packet;
      const acknowledge = () => {
        if (messageId === undefined || packet.qos === 0 || !client.connected) return;
        // PUBACK: in both versions these four bytes say that all is well.
        client.stream.write(Buffer.from([0x40, 0x02, messageId >> 8, messageId & 0xff]));
      };
      const room = options.receive({ message: toMessage(packet), acknowledge });
      const goOn = () => done(packet.qos === 0 ? undefined : acknowledgedLater);
      if (room) room.then(goOn, goOn);
      else goOn();
    };
    const opening = new Promise<MqttSession>((resolve) => {
      client.once('connect', ({ properties }) => {
        // Small messages and confirmations do not wait for each other (Nagle), which would cost 40 ms at every turn.
        if (client.stream instanceof Socket) client.stream.setNoDelay(true);
        isConnected = true;
        const receiveMaximum = properties?.receiveMaximum ?? IN_FLIGHT;
        session = new MqttSession(client, ended, options, Math.min(IN_FLIGHT, receiveMaximum));
        resolve(session);
      });
    });
    try {
      const opened = await raceSignal(Promise.race([opening, ended]), options.signal);
      if (opened instanceof MqttSession) return opened;
    } catch (error) {
      client.end(true);
      throw error;
    }
    client.end(true);
    return isConnected ? { type: 'away', finding: findingOf(lastError) } : toConnectFailure(lastError ?? {});
  }

  private constructor(
    client: MqttClient,
    ended: Promise<SessionEnd>,
    { broker, clock, protocolVersion }: OpenSessionOptions,
    slots: number,
  ) {
    this.#client = client;
    this.#broker = broker;
    this.#clock = clock;
    this.protocolVersion = protocolVersion;
    this.#slots = new Slots({
      slots,
      waiting: WAITING,
      full: () => new MqttError('MQTT_BUSY', { broker, waiting: WAITING }),
    });
    // One for each message that is not confirmed, and those are bounded.
    setMaxListeners(0, this.#controller.signal);
    this.ended = ended.then((end) => {
      const reason = this.#away();
      this.#slots.close(reason);
      this.#controller.abort(reason);
      return this.#finding === undefined ? end : { ...end, finding: this.#finding };
    });
  }

  /** Aborts when the connection is lost, with `MQTT_AWAY`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Settles when the broker has confirmed it (QoS 0: when it is written). Messages go out in the order of the calls. */
  async publish(publication: MqttPublication, signal?: AbortSignal): Promise<void> {
    const { topic, payload, qos = 1, isRetained = false, expiryMs, traceparent } = publication;
    await this.#slots.enter(signal);
    try {
      this.signal.throwIfAborted();
      await this.#answered(`a message for ${topic}`, (settle) =>
        this.#client.publish(
          topic,
          payload,
          {
            qos,
            retain: isRetained,
            properties: {
              ...(expiryMs !== undefined && {
                messageExpiryInterval: Math.max(1, Math.ceil(expiryMs / 1_000)),
              }),
              ...(traceparent !== undefined && { userProperties: { traceparent } }),
            },
          },
          settle,
        ),
      );
    } catch (error) {
      if (isTiercelError(error) || signal?.aborted) throw error;
      const { code, message } = error as { code?: unknown; message?: unknown };
      // The library itself refuses while a connection ends.
      if (typeof code !== 'number') throw this.#away(error);
      const reason = `${String(message)} (reason ${code})`;
      throw new MqttError('MQTT_PUBLISH_REFUSED', { broker: this.#broker, topic, reason }, { cause: error });
    } finally {
      this.#slots.leave();
    }
  }

  /** The broker sends what it has retained for these filters, again at every call. */
  async subscribe(subscriptions: readonly MqttSubscription[]): Promise<void> {
    if (subscriptions.length === 0) return;
    const filters = subscriptions.map(({ filter }) => filter);
    const request = Object.fromEntries(
      subscriptions.map(({ filter, qos = 1, noLocal = false }) => [filter, { qos, nl: noLocal }]),
    );
    try {
      await this.#answered(`a subscription of ${filters.join(', ')}`, (settle) =>
        this.#client.subscribe(request, settle),
      );
    } catch (error) {
      if (isTiercelError(error) || this.signal.aborted) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new MqttError(
        'MQTT_SUBSCRIBE_REFUSED',
        { broker: this.#broker, filters, reason },
        { cause: error },
      );
    }
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    if (filters.length === 0) return;
    await this.#answered(`the end of a subscription`, (settle) =>
      this.#client.unsubscribe([...filters], settle),
    );
  }

  /** Says goodbye, so that the last will is not sent, and waits for the end until `signal` aborts. */
  async close(signal: AbortSignal): Promise<void> {
    this.#client.end(false);
    try {
      await raceSignal(this.ended, signal);
    } catch {
      await this.destroy();
    }
  }

  /** Without goodbye: the broker sends the last will. */
  async destroy(): Promise<void> {
    this.#client.end(true);
    this.#client.stream.destroy();
    await this.ended;
  }

  /** Settles when it is called back, with `MQTT_AWAY`, or after 10 s: what is not confirmed by then never will be. */
  async #answered(request: string, send: (settle: (error?: Error | null) => void) => void): Promise<void> {
    this.signal.throwIfAborted();
    if (this.#finding !== undefined) throw this.#away();
    let unanswered: Unanswered | undefined;
    try {
      const answer = new Promise<void>((resolve, reject) => {
        unanswered = { request, dueMs: this.#clock.nowMs() + ANSWER_TIMEOUT_MS, reject };
        this.#unanswered.add(unanswered);
        send((error) => (error ? reject(error) : resolve()));
      });
      if (!this.#isWatching) void this.#watch();
      await raceSignal(answer, this.signal);
    } finally {
      if (unanswered) this.#unanswered.delete(unanswered);
    }
  }

  #away(cause?: unknown): Error {
    return new MqttError('MQTT_AWAY', { broker: this.#broker }, { cause });
  }

  /** One wait at a time for all of them, as there may be many. */
  async #watch(): Promise<void> {
    this.#isWatching = true;
    try {
      for (let [first] = this.#unanswered; first; [first] = this.#unanswered) {
        const restMs = first.dueMs - this.#clock.nowMs();
        if (restMs > 0) {
          await this.#clock.delay(restMs, { signal: this.signal });
          continue;
        }
        const { request } = first;
        this.#slots.close(this.#away());
        this.#finding = `it did not confirm ${request} within ${ANSWER_TIMEOUT_MS} ms`;
        first.reject(
          new MqttError('MQTT_UNANSWERED', { broker: this.#broker, request, waitedMs: ANSWER_TIMEOUT_MS }),
        );
        await this.destroy();
      }
    } catch {
      // The connection is lost: whoever waits has been told.
    } finally {
      this.#isWatching = false;
    }
  }
}

interface Unanswered {
  readonly request: string;
  readonly dueMs: number;
  readonly reject: (reason: unknown) => void;
}

function toClientOptions(options: OpenSessionOptions): IClientOptions {
  const { settings, files, protocolVersion, will } = options;
  const isV5 = protocolVersion === 5;
  return {
    protocol: settings.isTls ? 'mqtts' : 'mqtt',
    host: settings.host,
    port: settings.port,
    clientId: settings.clientId,
    ...(settings.username !== '' && { username: settings.username }),
    ...(settings.password !== '' && { password: settings.password }),
    ...files,
    rejectUnauthorized: true,
    protocolVersion,
    clean: false,
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    will: {
      topic: will.topic,
      payload: Buffer.from(will.payload),
      qos: 1,
      retain: true,
      ...(isV5 && { properties: { willDelayInterval: WILL_DELAY_SECONDS } }),
    },
    ...(isV5 && {
      properties: {
        sessionExpiryInterval: SESSION_EXPIRY_SECONDS,
        receiveMaximum: IN_FLIGHT,
        maximumPacketSize: PACKET_BYTES,
      },
    }),
  };
}

function toMessage(packet: IPublishPacket): MqttMessage {
  const { topic, payload, qos, retain, dup, properties } = packet;
  const traceparent = properties?.userProperties?.['traceparent'];
  return {
    topic,
    payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
    qos: qos === 0 ? 0 : 1,
    isRetained: retain,
    isRepeat: dup,
    ...(typeof traceparent === 'string' && { traceparent }),
  };
}

function findingOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return code;
  return typeof message === 'string' ? message : 'it closed the connection';
}
