import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@tiercel/capabilities/clock';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import type { WorldModel } from '@tiercel/capabilities/world-model';
import type { PluginHealth } from '@tiercel/kernel';
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import type { MqttSettings } from '../connection/mqtt-settings.js';
import { parseState, type StateEnvelope } from '../wire/envelope.js';
import { Topics } from '../wire/topics.js';
import { CoreLink, type CoreLinkOptions } from './core-link.js';

export const topics = new Topics('tiercel/v1');

/** Where the time of `FakeWorldModel` stands still. */
export const storeEpochMs = Date.UTC(2026, 0, 1);

/** Real time, but in the year of the store. */
export class ShiftedClock implements Clock {
  readonly #speed: number;
  #aheadMs = 0;

  /** With a `speed` of 20 a wait of 10 s takes half a second. */
  constructor({ speed = 1 }: { readonly speed?: number } = {}) {
    this.#speed = speed;
  }

  /** The wall clock jumps; waits go on as they were. */
  jump(ms: number): void {
    this.#aheadMs += ms;
  }

  nowMs(): number {
    return performance.now() * this.#speed;
  }

  epochMs(): number {
    return storeEpochMs + this.#aheadMs;
  }

  timeZone(): string {
    return 'UTC';
  }

  async delay(ms: number, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    try {
      await delay(ms / this.#speed, undefined, options.signal && { signal: options.signal });
    } catch {
      throw options.signal?.reason;
    }
  }
}

/** Settles as soon as `check` gives something, looking again whenever `changed` is called. */
class Watchers {
  readonly #checks = new Set<() => void>();

  changed(): void {
    for (const check of [...this.#checks]) check();
  }

  until<T>(find: () => T | undefined | false): Promise<T> {
    return new Promise((resolve) => {
      const check = () => {
        const found = find();
        if (found === undefined || found === false) return;
        this.#checks.delete(check);
        resolve(found);
      };
      this.#checks.add(check);
      check();
    });
  }
}

/** What a plugin has told about itself, to wait for. */
export class HeardHealth implements PluginHealth {
  readonly told: string[] = [];
  read: () => Readonly<Record<string, unknown>> = () => ({});
  readonly #watchers = new Watchers();

  degraded(reason: string): void {
    this.told.push(reason);
    this.#watchers.changed();
  }

  ready(): void {
    this.told.push('ready');
    this.#watchers.changed();
  }

  facts(read: () => Readonly<Record<string, unknown>>): void {
    this.read = read;
  }

  /** How often it was ready so far. */
  get readyCount(): number {
    return this.told.filter((line) => line === 'ready').length;
  }

  untilReady(times = 1): Promise<unknown> {
    return this.#watchers.until(() => this.readyCount >= times);
  }

  untilDegraded(pattern: RegExp): Promise<string> {
    return this.#watchers.until(() => this.told.find((line) => pattern.test(line)));
  }
}

export interface OpenCore<W extends WorldModel> extends AsyncDisposable {
  readonly link: CoreLink;
  readonly world: W;
  readonly clock: ShiftedClock;
  readonly health: HeardHealth;
  readonly log: FakeLog;
  readonly metrics: FakeMetrics;
}

export interface OpenCoreOptions<W extends WorldModel>
  extends Partial<Omit<CoreLinkOptions, 'settings' | 'health' | 'log' | 'world' | 'clock'>> {
  readonly clock?: ShiftedClock;
  readonly port: number;
  readonly settings?: Partial<MqttSettings>;
  readonly world: W;
}

/** A core over a store, started. */
export function openCore<W extends WorldModel>({
  port,
  settings = {},
  ...options
}: OpenCoreOptions<W>): OpenCore<W> {
  const { world, node = 'core-1', clock = new ShiftedClock() } = options;
  const health = new HeardHealth();
  const log = new FakeLog();
  const metrics = new FakeMetrics();
  const link = new CoreLink({
    node,
    prefix: topics.prefix,
    ingest: ['telemetry/#'],
    mirror: false,
    // The shortest waits.
    random: () => 0,
    metrics,
    log,
    health,
    ...options,
    clock,
    settings: {
      host: '127.0.0.1',
      port,
      clientId: `${node}-core`,
      username: '',
      password: '',
      isTls: false,
      caFile: '',
      certFile: '',
      keyFile: '',
      ...settings,
    },
  });
  link.start();
  return {
    link,
    world,
    clock,
    health,
    log,
    metrics,
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}

/** Somebody at the broker who hears everything. */
export class Listener implements AsyncDisposable {
  readonly messages: IPublishPacket[] = [];
  readonly client: MqttClient;
  /** What the broker keeps, as far as it was told. Empty payloads are gone. */
  readonly retained = new Map<string, string>();
  readonly #watchers = new Watchers();

  static async open(port: number, options: IClientOptions = {}): Promise<Listener> {
    const client = await mqtt.connectAsync({ host: '127.0.0.1', port, protocolVersion: 5, ...options });
    const listener = new Listener(client);
    // With the retain flag as it was published.
    await client.subscribeAsync('#', { qos: 0, rap: true });
    return listener;
  }

  private constructor(client: MqttClient) {
    this.client = client;
    client.on('error', () => undefined);
    client.on('message', (topic, payload, packet) => {
      this.messages.push(packet);
      const text = payload.toString();
      if (packet.retain && text === '') this.retained.delete(topic);
      else if (packet.retain) this.retained.set(topic, text);
      this.#watchers.changed();
    });
  }

  until<T>(find: (listener: this) => T | undefined | false): Promise<T> {
    return this.#watchers.until(() => find(this));
  }

  /** Envelopes of the retained state by key. */
  states(): ReadonlyMap<string, StateEnvelope> {
    const states = new Map<string, StateEnvelope>();
    for (const [topic, text] of this.retained) {
      const parsed = topics.parse(topic);
      const envelope = parseState(Buffer.from(text));
      if (parsed?.type === 'state' && envelope.ok) states.set(parsed.key, envelope.value);
    }
    return states;
  }

  /** Values of the retained state by key, without what was forgotten. */
  values(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      [...this.states()].flatMap(([key, state]) => (state.op === 'put' ? [[key, state.value]] : [])),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.endAsync(true);
  }
}

/** Values of a store by key. */
export async function valuesOf(world: WorldModel): Promise<Readonly<Record<string, unknown>>> {
  const { entries } = await world.snapshot();
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}
