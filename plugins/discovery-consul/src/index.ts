import { Clock } from '@tiercel/capabilities/clock';
import { Discovery, ServiceAnnouncer } from '@tiercel/capabilities/discovery';
import { Log } from '@tiercel/capabilities/log';
import { Metrics } from '@tiercel/capabilities/metrics';
import { definePlugin, optional, provide } from '@tiercel/kernel';
import { consulConfig } from './config.js';
import { openConsul } from './open-consul.js';
import { readSettings } from './read-settings.js';

export { ConsulError } from './errors.js';

export default definePlugin({
  name: '@tiercel/discovery-consul',
  version: '0.1.0',
  provides: {
    discovery: provide(Discovery, { offline: false }),
    announcer: provide(ServiceAnnouncer, { offline: false }),
  },
  requires: { log: Log, clock: Clock, metrics: optional(Metrics) },
  config: consulConfig,
  // The HTTP client, measured when it was loaded.
  needs: { memoryMiB: 25, diskMiB: 1 },
  setup({ config, deps, signal, health, own }) {
    return openConsul(readSettings(config), deps, { signal, health, own });
  },
});
