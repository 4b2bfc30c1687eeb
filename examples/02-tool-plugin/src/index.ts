import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { definePlugin, provide } from '@tiercel/kernel';
import { CoffeeTools } from './coffee-tools.js';

export default definePlugin({
  name: '@acme/tiercel-coffee',
  version: '1.0.0',
  provides: { tools: provide(ToolProvider, { offline: true }) },
  config: {
    largestOrder: {
      doc: 'Most cups in one order',
      format: 'nat',
      default: 2,
      min: 1,
      env: 'COFFEE_LARGEST_ORDER',
    },
  },
  setup: ({ config }) => ({ tools: new CoffeeTools(config.largestOrder) }),
});
