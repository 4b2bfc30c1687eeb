import { describe, expect, it } from '@jest/globals';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { describeToolRegistryContract } from '@tiercel/capabilities/tool-registry/testing';
import { supply } from '@tiercel/kernel';
import { bootTest, describeInEveryPlacement } from '@tiercel/testkit';
import plugin from './index.js';

const door = { type: 'string', enum: ['front', 'back'] };
const tools = () =>
  new FakeToolProvider([
    { name: 'get_time' },
    {
      name: 'unlock_door',
      effect: 'write',
      parameters: { type: 'object', additionalProperties: false, properties: { door }, required: ['door'] },
    },
    { name: 'open_gate', effect: 'destructive' },
  ]);
const forbidden = ['open_gate'];

describeInEveryPlacement(
  'plugin-name',
  {
    capability: ToolRegistry,
    plugin: './dist/index.js',
    key: 'plugin-name',
    config: { forbidden },
    plugins: [supply('@fake/log', Log, new FakeLog()), supply('@fake/tools', ToolProvider, tools())],
    beside: { 'clock-system': null },
    kill: 'once',
  },
  (title, open) =>
    describeToolRegistryContract(title, open, {
      allowed: { name: 'get_time', args: {} },
      asking: { name: 'unlock_door', args: { door: 'front' } },
      otherArgs: { door: 'back' },
      denied: { name: 'open_gate', args: {} },
    }),
);

describe('plugin-name', () => {
  it('lets nobody call what is forbidden', async () => {
    await using test = await bootTest({
      plugins: [plugin, supply('@fake/tools', ToolProvider, tools())],
      config: { 'plugin-name': { forbidden } },
    });

    const call = test.get(ToolRegistry).call('open_gate', {}, { canAsk: true });

    await expect(call).rejects.toMatchObject({ code: 'TOOL_DENIED' });
  });
});
