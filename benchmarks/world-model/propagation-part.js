// One of those who take part, in a process of its own as in a house: `node propagation-part.js KIND PORT [CONFIG]`.
import { boot } from '@tiercel/kernel';
import mqtt from 'mqtt';
import { openEdge } from './open-edge.js';

const [kind, port, config = '{}'] = process.argv.slice(2);
/** What an envelope of a small value takes. */
const payload = Buffer.alloc(350, 'x');

/** On each word of the parent: tells when it began, sends, and tells when that is done. */
function sendWhenTold(send) {
  process.on('message', async (count) => {
    const startNs = process.hrtime.bigint();
    await send(count);
    process.send({ startNs: String(startNs) });
  });
}

async function startBareSender() {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
  // The library leaves it to the system to collect small packets, which takes it 40 ms.
  client.stream.setNoDelay(true);
  sendWhenTold(() => client.publishAsync('bench/observe', payload, { qos: 1 }));
}

async function startEdge() {
  const { world } = await openEdge({ name: 'edge-1', port, outbox: config });
  sendWhenTold((count) => world.observe({ key: 'bench/lamp', value: { count }, origin: 'bench' }));
}

/** Passes on what it gets as a retained message. */
async function startBareMiddle() {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
  client.stream.setNoDelay(true);
  await client.subscribeAsync('bench/observe', { qos: 1 });
  client.on('message', (_topic, message) => {
    client.publish('bench/state', message, { qos: 1, retain: true });
  });
}

async function startCore() {
  await boot({
    manifest: {
      tier: 'bench',
      bind: { 'world-model': 'world-model-memory' },
      plugins: {
        'world-model-memory': { use: '@tiercel/world-model-memory', config: JSON.parse(config) },
        'world-model-mqtt': { use: '@tiercel/world-model-mqtt', config: { role: 'core' } },
        'clock-system': { use: '@tiercel/clock-system' },
        'log-winston': { use: '@tiercel/log-winston', config: { level: 'error' } },
      },
    },
    environment: { NODE_NAME: 'core', MQTT_HOST: '127.0.0.1', MQTT_PORT: port },
  });
}

const kinds = {
  core: startCore,
  edge: startEdge,
  'bare-middle': startBareMiddle,
  'bare-sender': startBareSender,
};
await kinds[kind]();
process.send('ready');
process.on('disconnect', () => process.exit());
