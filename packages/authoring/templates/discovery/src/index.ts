import { Discovery } from '@tiercel/capabilities/discovery';
import { definePlugin, provide } from '@tiercel/kernel';
import { ListedDiscovery } from './listed-discovery.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { discovery: provide(Discovery) },
  config: {
    services: {
      doc: 'Address of each service by name; several with spaces between them',
      format: 'record',
      default: {},
    },
  },
  setup: ({ config }) => ({ discovery: new ListedDiscovery(config.services) }),
});
