import { Clock } from '@tiercel/capabilities/clock';
import { Log } from '@tiercel/capabilities/log';
import { Metrics } from '@tiercel/capabilities/metrics';
import { definePlugin, optional } from '@tiercel/kernel';
import { brokerConfig } from './config.js';
import { isLoopback, parseUsers, readTlsFiles } from './parse-config.js';

export { BrokerError } from './errors.js';

export default definePlugin({
  name: '@tiercel/broker-embedded',
  version: '0.1.0',
  provides: {},
  requires: { log: Log, clock: Clock, metrics: optional(Metrics) },
  config: brokerConfig,
  needs: { memoryMiB: 48 },
  async setup({ deps, config, signal, health, own }) {
    const { log, clock, metrics } = deps;
    const users = parseUsers(config);
    const tls = await readTlsFiles(config, signal);
    if (!tls && !isLoopback(config.host)) {
      log.warn('passwords and messages cross the network unencrypted; set tlsCertFile and tlsKeyFile');
    }
    const { EmbeddedBroker } = await import('./embedded-broker.js');
    const broker = own(await EmbeddedBroker.open({ config, users, tls, log, clock, metrics }, { signal }));
    health.facts(() => ({ ...broker.facts }));
    log.info('listening', { url: broker.url, users: users.size });
    return {};
  },
});
