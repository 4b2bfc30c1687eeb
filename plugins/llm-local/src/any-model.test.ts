import { afterEach, describe, expect, it } from '@jest/globals';
import type { TinyArchitecture } from '@tiercel/gguf/testing';
import { collect, usageOf } from './test/collect.js';
import { type OpenModel, openTinyModel } from './test/open-model.js';
import { ask, digits } from './test/requests.js';

describe('any chat model', () => {
  let opened: OpenModel;

  afterEach(async () => {
    await opened.close();
  });

  async function secondTurnOf(architecture: TinyArchitecture) {
    // Seven layers: of gemma3 every sixth sees everything.
    opened = await openTinyModel({ tiny: { architecture, layers: 7 } });
    const first = ask(digits(300), { maxTokens: 8 });
    const events = await collect(opened.provider.generate(first));
    const second = ask(digits(300), {
      messages: [...first.messages, { role: 'assistant', text: 'x' }, { role: 'user', text: 'y' }],
    });
    const { cachedTokens, inputTokens } = usageOf(await collect(opened.provider.generate(second)));
    return { events, isCached: cachedTokens > 0.9 * inputTokens, ...opened.provider.features };
  }

  it.each(['llama', 'qwen2', 'qwen3'] as const)(
    'of architecture %s answers and reuses prefixes',
    async (name) => {
      const { events, isCached, reusesPrefix } = await secondTurnOf(name);

      expect(events.at(-1)).toEqual({ type: 'end', finishReason: 'length', provider: 'llm-local' });
      expect([isCached, reusesPrefix]).toEqual([true, true]);
    },
  );

  it.each(['gemma3', 'mamba'] as const)('of architecture %s answers and promises no reuse', async (name) => {
    const { events, reusesPrefix } = await secondTurnOf(name);

    expect(events.at(-1)).toEqual({ type: 'end', finishReason: 'length', provider: 'llm-local' });
    expect(reusesPrefix).toBe(false);
  });
});
