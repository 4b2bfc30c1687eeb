import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { describeToolProviderContract } from '@tiercel/capabilities/tool-provider/testing';
import { supply } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import toolsBasic from './index.js';

describeInEveryPlacement(
  'tools-basic',
  {
    capability: ToolProvider,
    plugin: toolsBasic,
    plugins: [supply('@tiercel/log', Log, new FakeLog())],
    beside: { 'clock-system': null },
  },
  (title, open) => describeToolProviderContract(title, open, { call: { name: 'get_time', args: {} } }),
);
