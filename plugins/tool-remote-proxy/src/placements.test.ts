import { afterAll, beforeAll, describe } from '@jest/globals';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { describeToolProviderContract } from '@tiercel/capabilities/tool-provider/testing';
import { supply } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import { type CoreNode, coreKey, startCore } from './core-node.test.support.js';
import toolRemoteProxy from './index.js';

/** The same suite that the tools pass where they run, across the wire: registry, gateway, MCP and proxy between. */
describe('tools of another machine', () => {
  let core: CoreNode;

  beforeAll(async () => {
    core = await startCore({
      tools: [{ name: 'echo', run: (args) => ({ content: args, spoken: 'There.' }) }],
      plugins: { 'tools-basic': null },
    });
  });
  afterAll(async () => await core[Symbol.asyncDispose]());

  describeInEveryPlacement(
    'tool-remote-proxy',
    {
      capability: ToolProvider,
      plugin: toolRemoteProxy,
      plugins: [supply('@test/log', Log, new FakeLog())],
      beside: { 'clock-system': null },
      config: () => ({ url: core.url, apiKey: coreKey }),
      kill: 'once',
    },
    (title, open) => describeToolProviderContract(title, open, { call: { name: 'get_time', args: {} } }),
  );
});
