import { describe, expect, it } from '@jest/globals';
import { describeToolRegistryContract, FakeToolRegistry } from './testing.js';
import { ToolRegistry } from './tool-registry.js';

const tools = [
  { name: 'unlock_door', effect: 'write' },
  { name: 'get_time' },
  { name: 'open_gate', effect: 'destructive', policy: 'deny' },
] as const;

describeToolRegistryContract(
  'FakeToolRegistry',
  () => ({ provider: new FakeToolRegistry(tools), close: () => undefined }),
  {
    allowed: { name: 'get_time', args: { zone: 'UTC' } },
    asking: { name: 'unlock_door', args: { door: 'front' } },
    otherArgs: { door: 'back' },
    denied: { name: 'open_gate', args: {} },
  },
);

describe('ToolRegistry', () => {
  it('names the plugin that calls where it names nobody else', async () => {
    const registry = new FakeToolRegistry();
    const view = ToolRegistry.view?.(registry, { plugin: 'assistant' });

    await view?.call('echo', {}, { caller: undefined });
    await view?.call('echo', {}, { caller: 'kitchen' });

    expect(registry.calls.map(({ options }) => options.caller)).toEqual(['assistant', 'kitchen']);
  });
});

describe('FakeToolRegistry', () => {
  it('shows approvals that wait, and which were refused', async () => {
    const registry = new FakeToolRegistry(tools);
    for (const door of ['front', 'back']) {
      await expect(registry.call('unlock_door', { door }, { canAsk: true })).rejects.toMatchObject({
        code: 'TOOL_APPROVAL_NEEDED',
      });
    }

    await registry.refuse('approval-1');

    expect([registry.pending, registry.refused]).toEqual([['approval-2'], ['approval-1']]);
    expect(registry.calls).toEqual([]);
  });

  it('offers other tools when told so', async () => {
    const registry = new FakeToolRegistry(tools);

    registry.offer([{ name: 'other' }]);

    expect((await registry.list()).map(({ name }) => name)).toEqual(['other']);
  });
});
