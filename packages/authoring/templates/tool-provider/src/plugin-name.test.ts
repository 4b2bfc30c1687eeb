import { describe, expect, it } from '@jest/globals';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { describeToolProviderContract } from '@tiercel/capabilities/tool-provider/testing';
import { bootTest, describeInEveryPlacement } from '@tiercel/testkit';
import plugin from './index.js';

describeInEveryPlacement(
  'plugin-name',
  { capability: ToolProvider, plugin: './dist/index.js', key: 'plugin-name' },
  (title, open) =>
    describeToolProviderContract(title, open, { call: { name: 'roll_dice', args: { count: 3 } } }),
);

describe('plugin-name', () => {
  it('rolls as many dice as it is asked to, and tells what they show', async () => {
    await using test = await bootTest({ plugins: [plugin] });

    const { content, spoken } = await test.get(ToolProvider).call('roll_dice', { count: 5 });

    expect(spoken).toMatch(/^([1-6], ){4}[1-6]\.$/);
    expect(content).toEqual(spoken?.match(/\d/g)?.map(Number));
  });

  it('refuses more dice than it has', async () => {
    await using test = await bootTest({ plugins: [plugin] });

    const call = test.get(ToolProvider).call('roll_dice', { count: 11 });

    await expect(call).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  });
});
