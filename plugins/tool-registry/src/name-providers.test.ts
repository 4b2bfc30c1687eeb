import { describe, expect, it } from '@jest/globals';
import { FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import type { NodeDescription, NodeView } from '@tiercel/kernel';
import { nameProviders } from './name-providers.js';

function nodeWith(plugins: readonly string[]): NodeView {
  const description: NodeDescription = {
    tier: 'test',
    state: 'ready',
    isReady: true,
    plugins: [],
    capabilities: [
      {
        capability: 'tool-provider',
        isPromised: false,
        servedBy: plugins[0],
        providers: plugins.map((plugin) => ({ plugin, state: 'ready' })),
      },
    ],
    draining: [],
  };
  return { describe: async () => description };
}

describe('nameProviders', () => {
  const providers = [new FakeToolProvider(), new FakeToolProvider()];

  it('names providers in the order of the node', async () => {
    const named = await nameProviders(providers, nodeWith(['tools-basic', 'tools-home']));

    expect(named).toEqual([
      { plugin: 'tools-basic', provider: providers[0] },
      { plugin: 'tools-home', provider: providers[1] },
    ]);
  });

  it('names nobody rather than the wrong one', async () => {
    const named = await nameProviders(providers, nodeWith(['tools-basic']));

    expect(named).toEqual([{ provider: providers[0] }, { provider: providers[1] }]);
  });
});
