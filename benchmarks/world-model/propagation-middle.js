// What stands in the middle, in a process of its own as in a house: `node propagation-middle.js bare|core PORT [CONFIG]`.
import { boot } from '@tiercel/kernel';
import mqtt from 'mqtt';

const [kind, port, config = '{}'] = process.argv.slice(2);

/** Passes on what it gets as a retained message. */
async function startBare() {
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

await (kind === 'core' ? startCore() : startBare());
process.send('ready');
process.on('disconnect', () => process.exit());
