// The plugin that is called: inline, and in a process of its own.
import { defineCapability, definePlugin, provide } from '@tiercel/kernel';

export const Echo = defineCapability()({ id: 'echo', version: '1.0.0', methods: { echo: 'unary' } });

export default definePlugin({
  name: 'echo',
  version: '1.0.0',
  provides: { echo: provide(Echo) },
  setup: () => ({ echo: { echo: async (bytes) => bytes } }),
});
