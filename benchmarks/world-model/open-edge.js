// An edge of a house, alone on its node.
import { WorldModel } from '@tiercel/capabilities/world-model';
import { boot } from '@tiercel/kernel';

/** `outbox`: file for what waits for the core. */
export async function openEdge({ name, port, outbox }) {
  const node = await boot({
    manifest: {
      tier: 'bench',
      plugins: {
        'world-model-mqtt': { use: '@tiercel/world-model-mqtt', config: { role: 'edge', outbox } },
        'clock-system': { use: '@tiercel/clock-system' },
        'log-winston': { use: '@tiercel/log-winston', config: { level: 'error' } },
      },
    },
    environment: { NODE_NAME: name, MQTT_HOST: '127.0.0.1', MQTT_PORT: String(port) },
  });
  return { world: node.get(WorldModel), stop: () => node.stop() };
}
