import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Clock } from '@tiercel/capabilities/clock';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { Metrics } from '@tiercel/capabilities/metrics';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import { WorldModel, type WorldSnapshot } from '@tiercel/capabilities/world-model';
import { boot, type Node, supply } from '@tiercel/kernel';
import { Mosquitto, type MosquittoOptions } from '@tiercel/testkit/mosquitto';
import { MqttProxy, type MqttProxyOptions } from '@tiercel/testkit/mqtt-proxy';
import { connectAsync } from 'mqtt';
import { parseState, type StateEnvelope } from '../wire/envelope.js';
import { Topics } from '../wire/topics.js';

const CONVERGE_MS = 60_000;

export const topics = new Topics('tiercel/v1');

/** Real time, run through faster: 60 s of it take a few. */
export class FastClock implements Clock {
  readonly #factor: number;
  readonly #startMs = performance.now();
  readonly #startEpochMs = Date.now();

  constructor(factor: number) {
    this.#factor = factor;
  }

  nowMs(): number {
    return (performance.now() - this.#startMs) * this.#factor;
  }

  epochMs(): number {
    return Math.floor(this.#startEpochMs + this.nowMs());
  }

  timeZone(): string {
    return 'UTC';
  }

  async delay(ms: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    try {
      await wait(ms / this.#factor, undefined, signal && { signal });
    } catch {
      throw signal?.reason;
    }
  }
}

export interface HouseOptions {
  readonly edges: readonly string[];
  readonly clock?: Clock;
  readonly broker?: MosquittoOptions;
  readonly disturb?: MqttProxyOptions['disturb'];
  /** More configuration of `world-model-mqtt` on the edges. */
  readonly edgeConfig?: Readonly<Record<string, unknown>>;
}

/** A core and its edges in one process, each with its own way to a real Mosquitto, and its own files. */
export class House implements AsyncDisposable {
  readonly broker: Mosquitto;
  readonly clock: Clock;
  readonly core: HouseNode;
  readonly edges: readonly HouseNode[];
  readonly #folder: string;

  static async open(options: HouseOptions): Promise<House> {
    const { clock = new FastClock(10), disturb } = options;
    const folder = await mkdtemp(path.join(tmpdir(), 'tiercel-house-'));
    const broker = await Mosquitto.start(options.broker);
    const nodes: HouseNode[] = [];
    for (const name of ['core', ...options.edges]) {
      const proxy = await MqttProxy.open({ targetPort: broker.port, ...(disturb && { disturb }) });
      const role = name === 'core' ? 'core' : 'edge';
      const { edgeConfig = {} } = options;
      nodes.push(new HouseNode({ name, role, proxy, clock, folder: path.join(folder, name), edgeConfig }));
    }
    const house = new House({ broker, clock, nodes, folder });
    try {
      // All are up or have failed before any is stopped.
      const starts = await Promise.allSettled(nodes.map((node) => node.start()));
      for (const start of starts) if (start.status === 'rejected') throw start.reason;
      return house;
    } catch (error) {
      await house[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(parts: {
    readonly broker: Mosquitto;
    readonly clock: Clock;
    readonly nodes: readonly HouseNode[];
    readonly folder: string;
  }) {
    const [core, ...edges] = parts.nodes;
    if (!core) throw new TypeError('A house has a core.');
    this.broker = parts.broker;
    this.clock = parts.clock;
    this.core = core;
    this.edges = edges;
    this.#folder = parts.folder;
  }

  get nodes(): readonly HouseNode[] {
    return [this.core, ...this.edges];
  }

  /** What the broker keeps of the state, read by somebody new. */
  async retained(): Promise<ReadonlyMap<string, StateEnvelope>> {
    const client = await connectAsync(this.broker.brokerUrl, { protocolVersion: 5 });
    const states = new Map<string, StateEnvelope>();
    const end = new Promise<void>((resolve) => {
      client.on('message', (topic, payload) => {
        const parsed = topics.parse(topic);
        const state = parseState(payload);
        if (parsed?.type === 'state' && state.ok) states.set(parsed.key, state.value);
        if (topic === 'house/end') resolve();
      });
    });
    // Mosquitto sends what it has retained in the order of the subscriptions.
    await client.subscribeAsync(topics.allStates, { qos: 0 });
    await client.subscribeAsync('house/end', { qos: 0 });
    await client.publishAsync('house/end', 'end', { qos: 1 });
    await end;
    await client.endAsync();
    return states;
  }

  /** Settles when every edge has what the core has, and nothing waits anywhere. Else it tells after a minute what differs. */
  async converged(): Promise<WorldSnapshot> {
    const giveUp = AbortSignal.timeout(CONVERGE_MS);
    for (;;) {
      const truth = await this.core.world.snapshot();
      const copies = await Promise.all(this.edges.map(({ world }) => world.snapshot()));
      const isSame = copies.every(
        ({ epoch, entries }) =>
          epoch === truth.epoch && JSON.stringify(entries) === JSON.stringify(truth.entries),
      );
      if (isSame) return truth;
      if (giveUp.aborted) throw new Error(this.#differences([truth, ...copies]));
      await Promise.race([this.clock.delay(500), ...this.nodes.map((node) => node.changed())]);
    }
  }

  #differences(snapshots: readonly WorldSnapshot[]): string {
    return this.nodes
      .map(({ name, reason }, index) => `${name} (${reason ?? 'well'}): ${JSON.stringify(snapshots[index])}`)
      .join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of [...this.nodes].reverse()) await node.dispose();
    await this.broker[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

interface HouseNodeOptions {
  readonly name: string;
  readonly role: 'core' | 'edge';
  readonly proxy: MqttProxy;
  readonly clock: Clock;
  readonly folder: string;
  readonly edgeConfig: Readonly<Record<string, unknown>>;
}

/** What a reader was told of one key, without what was pending. */
export interface ToldRevision {
  readonly key: string;
  readonly epoch: string;
  readonly revision: number;
  /** How often the node had crashed by then. */
  readonly life: number;
}

/** One machine of the house. It may crash: what it has written by then is all that the next start finds. */
export class HouseNode {
  readonly name: string;
  readonly role: 'core' | 'edge';
  readonly proxy: MqttProxy;
  readonly log = new FakeLog();
  readonly metrics = new FakeMetrics();
  /** In the order in which a reader was told. */
  readonly revisions: ToldRevision[] = [];
  readonly #options: HouseNodeOptions;
  #life = 0;
  #node: Node | undefined;
  #watching = new AbortController();
  #wakers: (() => void)[] = [];

  constructor(options: HouseNodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.role = options.role;
    this.proxy = options.proxy;
  }

  get world(): WorldModel {
    if (!this.#node) throw new TypeError(`${this.name} does not run.`);
    return this.#node.get(WorldModel);
  }

  get reason(): string | undefined {
    return this.#node?.describe().plugins.find(({ plugin }) => plugin === 'world-model-mqtt')?.reason;
  }

  async start(): Promise<void> {
    const { clock, role, edgeConfig } = this.#options;
    mkdirSync(this.#folder, { recursive: true });
    const store = {
      'world-model-memory': {
        use: '@tiercel/world-model-memory',
        config: { durable: path.join(this.#folder, 'world.db') },
      },
    };
    const outbox = path.join(this.#folder, 'outbox.db');
    this.#node = await boot({
      manifest: {
        tier: 'test',
        ...(role === 'core' && { bind: { 'world-model': 'world-model-memory' } }),
        plugins: {
          'house-clock': { use: '@house/clock' },
          'house-log': { use: '@house/log' },
          'house-metrics': { use: '@house/metrics' },
          ...(role === 'core' ? store : {}),
          'world-model-mqtt': {
            use: '@tiercel/world-model-mqtt',
            config: role === 'core' ? { role } : { role, outbox, ...edgeConfig },
          },
        },
      },
      plugins: [
        supply('@house/clock', Clock, clock),
        supply('@house/log', Log, this.log),
        supply('@house/metrics', Metrics, this.metrics),
      ],
      environment: { NODE_NAME: this.name, MQTT_HOST: '127.0.0.1', MQTT_PORT: String(this.proxy.port) },
    });
    this.#watching = new AbortController();
    void this.#watch(this.world, this.#watching.signal);
  }

  /** Loses the network and all that is not on disk, in one moment, and starts again. */
  async crash(): Promise<void> {
    const before = this.#folder;
    this.proxy.cut();
    this.#watching.abort();
    this.#life += 1;
    // Without a pause: nothing is written between two files.
    copyFolder(before, this.#folder);
    await this.#node?.stop();
    this.proxy.mend();
    await this.start();
  }

  /** Settles with the next change that a reader here is told of. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#wakers.push(resolve));
  }

  async dispose(): Promise<void> {
    this.#watching.abort();
    await this.#node?.stop();
    await this.proxy[Symbol.asyncDispose]();
  }

  get #folder(): string {
    return path.join(this.#options.folder, String(this.#life));
  }

  async #watch(world: WorldModel, signal: AbortSignal): Promise<void> {
    try {
      for await (const change of world.watch('', { signal })) {
        const record = change.type === 'entry-put' ? change.entry : change;
        const isPending = change.type === 'entry-put' && change.entry.isPending;
        if ('revision' in record && !isPending) {
          const { key, epoch, revision } = record;
          this.revisions.push({ key, epoch, revision, life: this.#life });
        }
        for (const wake of this.#wakers.splice(0)) wake();
      }
    } catch (error) {
      if (!signal.aborted) this.log.error('the reader of a house ended', { error });
    }
  }
}

function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const file = path.join(from, name);
    if (statSync(file).isDirectory()) copyFolder(file, path.join(to, name));
    else copyFileSync(file, path.join(to, name));
  }
}
