import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { definePlugin, provide } from '@tiercel/kernel';
import { DiceTools } from './dice-tools.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { tools: provide(ToolProvider, { offline: true }) },
  config: {
    largestRoll: { doc: 'Most dice in one roll', format: 'nat', default: 10, min: 1, max: 100 },
  },
  setup: ({ config }) => ({ tools: new DiceTools(config.largestRoll) }),
});
