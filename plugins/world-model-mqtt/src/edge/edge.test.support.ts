import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Clock } from '@tiercel/capabilities/clock';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { boot, supply } from '@tiercel/kernel';
import type { MqttSettings } from '../connection/mqtt-settings.js';
import { CoreLink } from '../core/core-link.js';
import { HeardHealth } from '../core/core-link.test.support.js';

/** Cores and files for the edges of one suite, each core with a prefix of its own at one broker. */
export class EdgeSuite implements AsyncDisposable {
  readonly #cores: AsyncDisposable[] = [];
  #port = 0;
  #folder = '';
  #count = 0;

  async start(port: number): Promise<void> {
    this.#port = port;
    this.#folder = await mkdtemp(path.join(tmpdir(), 'tiercel-edge-'));
  }

  /** Configuration of an edge for the core that was started last. */
  get config(): Readonly<Record<string, unknown>> {
    const outbox = path.join(this.#folder, `edge-${this.#count}.db`);
    const address = { host: '127.0.0.1', port: this.#port, prefix: this.#prefix };
    return { ...address, role: 'edge', node: `edge-${this.#count}`, outbox, replyTimeoutMs: 20_000 };
  }

  /** Starts a core with an empty store, and settles when edges can see it. */
  async startCore(): Promise<void> {
    this.#count += 1;
    const store = await boot({
      manifest: {
        tier: 'test',
        plugins: { 'clock-system': null, log: { use: '@tiercel/log' }, 'world-model-memory': null },
      },
      plugins: [supply('@tiercel/log', Log, new FakeLog())],
      environment: {},
    });
    this.#cores.push(store);
    const health = new HeardHealth();
    const node = `core-${this.#count}`;
    const core = new CoreLink({
      world: store.get(WorldModel),
      settings: settingsOf(this.#port, `${node}-core`),
      node,
      prefix: this.#prefix,
      ingest: [],
      mirror: false,
      clock: store.get(Clock),
      log: new FakeLog(),
      health,
    });
    this.#cores.push(core);
    core.start();
    await health.untilReady();
  }

  async stopCores(): Promise<void> {
    for (const core of this.#cores.splice(0).reverse()) await core[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopCores();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #prefix(): string {
    return `suite/${this.#count}`;
  }
}

export function settingsOf(port: number, clientId: string): MqttSettings {
  const files = { caFile: '', certFile: '', keyFile: '' };
  return { host: '127.0.0.1', port, clientId, username: '', password: '', isTls: false, ...files };
}

/** Settles when a core decides what is observed here. */
export async function untilDecided(world: WorldModel): Promise<void> {
  const origin = 'test';
  await world.observe({ key: 'probe', value: 1, origin, baseRevision: 0 });
  await world.forget('probe', { origin });
}
