import { Clock } from '@tiercel/capabilities/clock';
import { Discovery, ServiceAnnouncer } from '@tiercel/capabilities/discovery';
import { Log } from '@tiercel/capabilities/log';
import { definePlugin, provide } from '@tiercel/kernel';
import { mdnsConfig } from './config.js';
import { openMdns } from './open-mdns.js';
import { readSettings } from './read-settings.js';

export { MdnsError } from './errors.js';

export default definePlugin({
  name: '@tiercel/discovery-mdns',
  version: '0.1.0',
  provides: {
    discovery: provide(Discovery, { offline: true }),
    announcer: provide(ServiceAnnouncer, { offline: true }),
  },
  requires: { log: Log, clock: Clock },
  config: mdnsConfig,
  needs: { memoryMiB: 5, diskMiB: 1 },
  setup({ config, deps, health, own }) {
    return openMdns(readSettings(config), deps, { health, own });
  },
});
