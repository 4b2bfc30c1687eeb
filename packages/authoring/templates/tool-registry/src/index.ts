import { Clock } from '@tiercel/capabilities/clock';
import { Log } from '@tiercel/capabilities/log';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { definePlugin, many, provide } from '@tiercel/kernel';
import { createToolRegistry } from '@tiercel/tools';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { registry: provide(ToolRegistry) },
  requires: { tools: many(ToolProvider), clock: Clock, log: Log },
  config: {
    forbidden: { doc: 'Names of tools that nobody may call', format: 'list', default: [] },
  },
  setup: ({ deps: { tools, clock, log }, config }) => ({
    // Everything that callers may rely on is in there: checks, approvals, limits, repeated calls.
    registry: createToolRegistry(tools, {
      log,
      policy: Object.fromEntries(config.forbidden.map((name) => [name, 'deny'])),
      delay: (ms, options) => clock.delay(ms, options),
      nowMs: () => clock.nowMs(),
    }),
  }),
});
