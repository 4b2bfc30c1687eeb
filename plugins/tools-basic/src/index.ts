import { Clock } from '@tiercel/capabilities/clock';
import { Log } from '@tiercel/capabilities/log';
import { defaultNodeName, toNodeName } from '@tiercel/capabilities/node-name';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { definePlugin, optional, provide, raceSignal } from '@tiercel/kernel';
import { BasicToolProvider } from './basic-tool-provider.js';
import { createCalculator } from './calculator.js';
import { TimerStore } from './timer-store.js';
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
    node: {
      doc: 'Name of this node, by which it knows its timers again; other characters than letters, digits and `_ . : @ -` become `-`. Empty: the name of the host',
      format: String,
      default: '',
      env: 'NODE_NAME',
    },
  },
  needs: { memoryMiB: 32 },
  async setup({ name, deps, config, signal, own }) {
    const { clock, log, world } = deps;
    const node = config.node === '' ? defaultNodeName() : toNodeName(config.node);
    const calculator = await createCalculator();
    const store = world && new TimerStore({ world, node, origin: name });
    const timers = own(new Timers({ clock, log, node, store }));
    await raceSignal(timers.open(), signal);
    return { tools: new BasicToolProvider({ clock, calculator, timers, policy: config.policy }) };
  },
});
