import { Clock } from '@tiercel/capabilities/clock';
import { Log } from '@tiercel/capabilities/log';
import { Metrics } from '@tiercel/capabilities/metrics';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { definePlugin, optional, provide } from '@tiercel/kernel';
import { mqttConfig } from './config.js';
import { CoreLink } from './core/core-link.js';
import { openEdge } from './edge/open-edge.js';
import { MqttError } from './errors.js';
import { readSettings } from './read-settings.js';

export { MqttError } from './errors.js';

export default definePlugin({
  name: '@tiercel/world-model-mqtt',
  version: '0.1.0',
  provides: { world: provide(WorldModel, { persistent: true }) },
  // A plugin never serves itself: this is the store of a core, and there is none beside an edge.
  requires: { clock: Clock, log: Log, metrics: optional(Metrics), store: optional(WorldModel) },
  config: mqttConfig,
  needs: { memoryMiB: 48 },
  async setup({ deps, config, health, own }) {
    const { clock, log, metrics, store } = deps;
    const { node, connection: settings, file } = readSettings(config);
    const { role, prefix, topics, mirror, outboxEntries, maxEntries, replyTimeoutMs } = config;
    if (!settings.isTls && settings.password !== '' && !isLoopback(settings.host)) {
      log.warn('the password crosses the network unencrypted; set MQTT_TLS');
    }
    if (role === 'edge') {
      if (store) throw new MqttError('MQTT_STORE_UNEXPECTED', undefined);
      const world = await openEdge({
        ...{ settings, node, prefix, file, outboxEntries, maxEntries, replyTimeoutMs },
        ...{ clock, log, metrics, health, own },
      });
      return { world };
    }
    if (!store) throw new MqttError('MQTT_STORE_MISSING', undefined);
    const link = own(
      new CoreLink({
        ...{ world: store, settings, node, prefix, ingest: topics, mirror },
        ...{ clock, log, metrics, health },
      }),
    );
    link.start();
    // Whoever is given this one gets the store that is linked.
    return { world: store };
  },
});

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
