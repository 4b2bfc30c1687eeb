import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { describeToolProviderContract } from '@tiercel/capabilities/tool-provider/testing';
import { describeInEveryPlacement } from '@tiercel/testkit';
import toolMcp from './index.js';
import { officialServer } from './official-servers.test.support.js';

describeInEveryPlacement(
  'tool-mcp',
  {
    capability: ToolProvider,
    plugin: toolMcp,
    config: { servers: { everything: officialServer('everything') } },
    beside: { 'clock-system': null, 'log-winston': null },
    kill: 'once',
  },
  (title, open) =>
    describeToolProviderContract(title, open, {
      call: { name: 'everything_echo', args: { message: 'hello' } },
    }),
);
