import { Discovery } from '@tiercel/capabilities/discovery';
import { Log } from '@tiercel/capabilities/log';
import { definePlugin, optional, provide } from '@tiercel/kernel';
import { staticConfig } from './config.js';
import { parseServices } from './parse-services.js';
import { StaticDiscovery } from './static-discovery.js';

export { DiscoveryStaticError } from './errors.js';

export default definePlugin({
  name: '@tiercel/discovery-static',
  version: '0.1.0',
  provides: { discovery: provide(Discovery, { offline: true }) },
  requires: { log: optional(Log) },
  config: staticConfig,
  setup({ config, deps, health }) {
    const sets = parseServices(config);
    const { ignoredToolServer, ignoredWorldModel } = config;
    for (const [variable, value, instead] of [
      ['TOOL_SERVER_URL_OVERRIDE', ignoredToolServer, 'TOOL_SERVER_URL'],
      ['WORLD_MODEL_URL', ignoredWorldModel, 'WORLD_MODEL_API_URL'],
    ] as const) {
      if (value !== '') deps.log?.warn('a variable of the older node is ignored', { variable, instead });
    }
    health.facts(() => ({ services: [...sets.keys()].sort() }));
    return { discovery: new StaticDiscovery(sets) };
  },
});
