import { Assistant } from '@tiercel/capabilities/assistant';
import { definePlugin, provide } from '@tiercel/kernel';
import { EchoAssistant } from './echo-assistant.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { assistant: provide(Assistant) },
  config: {
    opening: { doc: 'Words before what is repeated', format: String, default: 'You said:' },
  },
  setup: ({ config }) => ({ assistant: new EchoAssistant(config.opening) }),
});
