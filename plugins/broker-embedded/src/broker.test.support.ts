import { once } from 'node:events';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import type { FakeClock } from '@tiercel/capabilities/clock/testing';
import type { FakeLog } from '@tiercel/capabilities/log/testing';
import { Metrics } from '@tiercel/capabilities/metrics';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import { supply } from '@tiercel/kernel';
import { bootTest } from '@tiercel/testkit';
import { connectAsync, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import type { BrokerFacts } from './embedded-broker.js';
import broker from './index.js';

export interface ServedBroker extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly clock: FakeClock;
  readonly log: FakeLog;
  readonly metrics: FakeMetrics;
  facts(): BrokerFacts;
  stop(): Promise<void>;
}

/** A node with nothing but the broker, on a free port. Time stands still unless the test moves it. */
export async function serveBroker(
  config: Readonly<Record<string, unknown>> = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<ServedBroker> {
  const metrics = new FakeMetrics();
  const test = await bootTest({
    plugins: [broker, supply('@test/metrics', Metrics, metrics)],
    config: { 'broker-embedded': { port: 0, ...config } },
    environment,
  });
  const facts = () =>
    test.node.describe().plugins.find(({ plugin }) => plugin === 'broker-embedded')
      ?.facts as unknown as BrokerFacts;
  const { url } = facts();
  return {
    url,
    port: Number(new URL(url).port),
    clock: test.fakes.clock,
    log: test.fakes.log,
    metrics,
    facts,
    stop: () => test.node.stop(),
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  };
}

/** What a client gets, in order, and a promise for the n-th message. */
export class TestClient implements AsyncDisposable {
  readonly client: MqttClient;
  readonly messages: { readonly topic: string; readonly text: string; readonly packet: IPublishPacket }[] =
    [];
  readonly #wakers = new Set<() => void>();

  static async connect(url: string, options: IClientOptions = {}): Promise<TestClient> {
    const client = await connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0, ...options }, false);
    return new TestClient(client);
  }

  private constructor(client: MqttClient) {
    this.client = client;
    client.on('error', () => {});
    client.on('message', (topic, payload, packet) => {
      this.messages.push({ topic, text: payload.toString(), packet });
      for (const wake of [...this.#wakers]) wake();
    });
  }

  get texts(): readonly string[] {
    return this.messages.map(({ text }) => text);
  }

  async whenTold(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) {
      await new Promise<void>((resolve) => {
        this.#wakers.add(resolve);
      });
      this.#wakers.clear();
    }
  }

  async received(count: number): Promise<readonly string[]> {
    await this.whenTold(() => this.messages.length >= count);
    return this.texts;
  }

  /** Settles when the broker has noticed that only so many clients are left: it answers pings all the while. */
  async whenClients(broker: ServedBroker, count: number): Promise<void> {
    while (broker.facts().clients !== count) await this.client.publishAsync('ping', '', { qos: 1 });
  }

  /** Settles when the broker has closed the connection. */
  async closed(): Promise<void> {
    if (!this.client.connected) return;
    await new Promise<void>((resolve) => this.client.once('close', resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.endAsync(true);
  }
}

/** A connection that a test speaks byte by byte. */
export async function rawConnection(port: number): Promise<Socket & AsyncDisposable> {
  const socket = connectSocket({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return Object.assign(socket, {
    async [Symbol.asyncDispose]() {
      if (socket.closed) return;
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
    },
  });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
