import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { describeToolProviderContract } from '@tiercel/capabilities/tool-provider/testing';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { supply } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import toolsHome from './index.js';

const world = new FakeWorldModel({
  entries: { 'device/kitchen-light/name': 'kitchen light', 'device/kitchen-light/state': 'on' },
});

// In a process of its own it reads the world model of the node.
describeInEveryPlacement(
  'tools-home',
  {
    capability: ToolProvider,
    plugin: toolsHome,
    plugins: [supply('@tiercel/world', WorldModel, world)],
    kill: 'once',
  },
  (title, open) =>
    describeToolProviderContract(title, open, {
      call: { name: 'get_device', args: { device: 'kitchen-light' } },
    }),
);
