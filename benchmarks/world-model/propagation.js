// From one edge over the core to another, against two bare hops of MQTT through the same broker in the same run.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Mosquitto } from '@tiercel/testkit/mosquitto';
import mqtt from 'mqtt';
import { atMost, inTurns, median, medianRatio, quantile, rounded } from '../harness.js';
import { openEdge } from './open-edge.js';

const rounds = 300;

/** A process that runs until it is told to end. */
async function startPart(...args) {
  const child = fork(path.join(import.meta.dirname, 'propagation-part.js'), args);
  await once(child, 'message');
  return {
    /** Lets it send, and gives the time at which it began (of the clock that all processes share). */
    async send(count) {
      child.send(count);
      const [{ startNs }] = await once(child, 'message');
      return BigInt(startNs);
    },
    async stop() {
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

/** From the call at the sender to `arrived` here. */
async function passedMs(sender, count, arrived) {
  const arrivedNs = arrived.then(() => process.hrtime.bigint());
  const startNs = await sender.send(count);
  return Number((await arrivedNs) - startNs) / 1e6;
}

/** A sender, one that passes on what it gets, and one that waits for it. */
async function openBareHops({ brokerUrl, port }) {
  const middle = await startPart('bare-middle', String(port));
  const sender = await startPart('bare-sender', String(port));
  const receiver = await mqtt.connectAsync(brokerUrl, { protocolVersion: 5 });
  receiver.stream.setNoDelay(true);
  await receiver.subscribeAsync('bench/state', { qos: 0 });
  return {
    once: () => passedMs(sender, 0, once(receiver, 'message')),
    async close() {
      await receiver.endAsync(true);
      await sender.stop();
      await middle.stop();
    },
  };
}

/** One edge observes, and the watch of another, which is here, tells of it. */
async function openNodes({ port }, folder, storeConfig) {
  const core = await startPart('core', String(port), JSON.stringify(storeConfig));
  const from = await startPart('edge', String(port), path.join(folder, 'edge-1.db'));
  const to = await openEdge({ name: 'edge-2', port, outbox: path.join(folder, 'edge-2.db') });
  let count = 0;
  const next = async () => {
    count += 1;
    const signal = AbortSignal.timeout(30_000);
    const changes = to.world.watch('bench/lamp', { signal })[Symbol.asyncIterator]();
    const ms = await passedMs(from, count, changes.next());
    await changes.return();
    return ms;
  };
  // Both edges have a live copy when this one has come.
  await next();
  return {
    once: next,
    async close() {
      await to.stop();
      await from.stop();
      await core.stop();
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
