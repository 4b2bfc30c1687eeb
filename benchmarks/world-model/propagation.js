// From one edge over the core to another, against two bare hops of MQTT through the same broker in the same run.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { boot } from '@tiercel/kernel';
import { Mosquitto } from '@tiercel/testkit/mosquitto';
import mqtt from 'mqtt';
import { atMost, inTurns, median, medianRatio, quantile, rounded } from '../harness.js';

const rounds = 300;
/** What an envelope of a small value takes. */
const payload = Buffer.alloc(350, 'x');

/** A process that runs until it is told to end. */
async function startMiddle(...args) {
  const child = fork(path.join(import.meta.dirname, 'propagation-middle.js'), args);
  await once(child, 'message');
  return async () => {
    const exit = once(child, 'exit');
    child.disconnect();
    await exit;
  };
}

async function openEdge(name, port, folder) {
  const node = await boot({
    manifest: {
      tier: 'bench',
      plugins: {
        'world-model-mqtt': {
          use: '@tiercel/world-model-mqtt',
          config: { role: 'edge', outbox: path.join(folder, `${name}.db`) },
        },
        'clock-system': { use: '@tiercel/clock-system' },
        'log-winston': { use: '@tiercel/log-winston', config: { level: 'error' } },
      },
    },
    environment: { NODE_NAME: name, MQTT_HOST: '127.0.0.1', MQTT_PORT: String(port) },
  });
  return { world: node.get(WorldModel), stop: () => node.stop() };
}

/** Settles when an edge has a copy of what the other one has observed. */
async function whenCopied(from, to) {
  const signal = AbortSignal.timeout(30_000);
  const changes = to.world.watch('bench/ready', { signal })[Symbol.asyncIterator]();
  const change = changes.next();
  await from.world.observe({ key: 'bench/ready', value: true, origin: 'bench' });
  await change;
  await changes.return();
}

/** A sender, one that passes on what it gets, and one that waits for it. */
async function openBareHops({ brokerUrl, port }) {
  const stopMiddle = await startMiddle('bare', String(port));
  const clients = await Promise.all(
    ['sender', 'receiver'].map(() => mqtt.connectAsync(brokerUrl, { protocolVersion: 5 })),
  );
  const [sender, receiver] = clients;
  // The library leaves it to the system to collect small packets, which takes it 40 ms.
  for (const { stream } of clients) stream.setNoDelay(true);
  await receiver.subscribeAsync('bench/state', { qos: 0 });
  return {
    async once() {
      const arrived = new Promise((resolve) => receiver.once('message', resolve));
      const startMs = performance.now();
      sender.publish('bench/observe', payload, { qos: 1 });
      await arrived;
      return performance.now() - startMs;
    },
    async close() {
      for (const client of clients) await client.endAsync(true);
      await stopMiddle();
    },
  };
}

/** The first edge observes, and the second one's watch tells of it. */
async function openNodes({ port }, folder, storeConfig) {
  const stopCore = await startMiddle('core', String(port), JSON.stringify(storeConfig));
  const from = await openEdge('edge-1', port, folder);
  const to = await openEdge('edge-2', port, folder);
  await whenCopied(from, to);
  let count = 0;
  return {
    async once() {
      count += 1;
      const changes = to.world.watch('bench/lamp')[Symbol.asyncIterator]();
      const arrived = changes.next();
      const startMs = performance.now();
      const observed = from.world.observe({ key: 'bench/lamp', value: { count }, origin: 'bench' });
      await arrived;
      const passedMs = performance.now() - startMs;
      await observed;
      await changes.return();
      return passedMs;
    },
    async close() {
      for (const { stop } of [to, from]) await stop();
      await stopCore();
    },
  };
}

export async function measurePropagation() {
  if (!Mosquitto.isInstalled) return { results: [], goals: [] };
  const folder = await mkdtemp(path.join(tmpdir(), 'tiercel-bench-'));
  // Else a message may wait 40 ms for the acknowledgement of the one before, on whichever side.
  const broker = await Mosquitto.start({ config: ['set_tcp_nodelay true'] });
  const bare = await openBareHops(broker);
  const measured = {};
  for (const [name, config] of [
    ['core in memory', {}],
    ['durable core', { durable: path.join(folder, 'world.db') }],
  ]) {
    const nodes = await openNodes(broker, await mkdtemp(path.join(folder, 'edges-')), config);
    measured[name] = await inTurns({ bare: bare.once, nodes: nodes.once }, { rounds, warmUp: 20 });
    await nodes.close();
  }
  await bare.close();
  await broker[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });

  const against = 'two bare hops';
  const results = [
    { case: 'two bare hops of MQTT', value: rounded(median(measured['core in memory'].bare)), unit: 'ms' },
    ...Object.entries(measured).flatMap(([name, figures]) => [
      {
        case: `edge to edge, ${name}`,
        value: rounded(median(figures.nodes)),
        unit: 'ms',
        ratio: rounded(medianRatio(figures, 'nodes', 'bare')),
        against,
      },
      { case: `edge to edge, ${name}, p99`, value: rounded(quantile(figures.nodes, 0.99)), unit: 'ms' },
    ]),
  ];
  const ratio = medianRatio(measured['core in memory'], 'nodes', 'bare');
  return { results, goals: [atMost('edge over core to edge, times two bare hops of MQTT', ratio, 2)] };
}
