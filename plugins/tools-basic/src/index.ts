import { Clock } from '@tiercel/capabilities/clock';
import { Log } from '@tiercel/capabilities/log';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { definePlugin, optional, provide } from '@tiercel/kernel';
import { BasicToolProvider } from './basic-tool-provider.js';
import { createCalculator } from './calculator.js';
import { Timers } from './timers.js';

export default definePlugin({
  name: '@tiercel/tools-basic',
  version: '0.1.0',
  provides: { tools: provide(ToolProvider, { offline: true }) },
  requires: { clock: Clock, log: Log, world: optional(WorldModel) },
  config: {
    policy: {
      doc: 'Whether timers may be set and cancelled without asking: `allow`, `ask` or `deny`. The other tools only read',
      format: ['allow', 'ask', 'deny'],
      default: 'allow',
    },
  },
  needs: { memoryMiB: 32 },
  async setup({ name, deps, config, own }) {
    const { clock, log, world } = deps;
    const calculator = await createCalculator();
    const timers = own(new Timers({ clock, log, world, origin: name }));
    return { tools: new BasicToolProvider({ clock, calculator, timers, policy: config.policy }) };
  },
});
