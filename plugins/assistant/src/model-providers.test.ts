import { describe, expect, it } from '@jest/globals';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { boot, supply } from '@tiercel/kernel';
import { modelProvidersOf } from './model-providers.js';

const answering = () => new FakeLanguageModel({ replies: () => ({ text: 'Yes.' }) });

function bootModels(...names: readonly string[]) {
  return boot({
    manifest: {
      tier: 'test',
      plugins: Object.fromEntries(names.map((name) => [name, null])),
      ...(names.length > 1 && { bind: { 'language-model': names } }),
    },
    plugins: names.map((name) => supply(`@tiercel/${name}`, LanguageModel, answering())),
    environment: {},
  });
}

describe('modelProvidersOf', () => {
  it('has the providers of the node in the order of the binding', async () => {
    await using node = await bootModels('llm-remote', 'llm-local');

    expect(modelProvidersOf(node.describe(), node.get(LanguageModel))).toEqual([
      { plugin: 'llm-remote', isWell: true },
      { plugin: 'llm-local', isWell: true },
    ]);
  });

  it('has the only one where there is one', async () => {
    await using node = await bootModels('llm-local');

    expect(modelProvidersOf(node.describe(), node.get(LanguageModel))).toEqual([
      { plugin: 'llm-local', isWell: true },
    ]);
  });

  it('has none without a model', async () => {
    await using node = await bootModels();

    expect(modelProvidersOf(node.describe(), undefined)).toEqual([]);
  });

  it.each([
    ['takes one that is no longer up for lost', 'stopped' as const, [false, true]],
    ['leaves out one that never came up', 'failed' as const, [true]],
  ])('%s', async (_title, state, areWell) => {
    await using node = await bootModels('llm-remote', 'llm-local');
    const description = node.describe();
    const capabilities = description.capabilities.map((capability) => ({
      ...capability,
      providers: capability.providers.map((provider, index) =>
        index === 0 ? { ...provider, state } : provider,
      ),
    }));

    const providers = modelProvidersOf({ ...description, capabilities }, answering());

    expect(providers.map(({ isWell }) => isWell)).toEqual(areWell);
  });
});
