import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { definePlugin, provide } from '@tiercel/kernel';
import { HomeToolProvider } from './home-tool-provider.js';

export default definePlugin({
  name: '@tiercel/tools-home',
  version: '0.1.0',
  provides: { tools: provide(ToolProvider, { offline: true }) },
  requires: { world: WorldModel },
  config: {
    policy: {
      doc: 'Whether devices may be set without asking: `allow`, `ask` or `deny`. Reading is always allowed',
      format: ['allow', 'ask', 'deny'],
      default: 'ask',
    },
  },
  setup({ name, deps, config }) {
    return { tools: new HomeToolProvider(deps.world, name, config.policy) };
  },
});
