import { describe, expect, it } from '@jest/globals';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import { describeLanguageModelContract } from '@tiercel/capabilities/language-model/testing';
import { bootTest, describeInEveryPlacement } from '@tiercel/testkit';
import plugin from './index.js';

describeInEveryPlacement(
  'plugin-name',
  { capability: LanguageModel, plugin: './dist/index.js', key: 'plugin-name' },
  describeLanguageModelContract,
);

describe('plugin-name', () => {
  it('repeats what the user said last', async () => {
    await using test = await bootTest({ plugins: [plugin] });
    const said: string[] = [];

    const messages = ['One.', 'Two, three.'].map((text) => ({ role: 'user', text }) as const);
    for await (const event of test.get(LanguageModel).generate({ messages })) {
      if (event.type === 'text-delta') said.push(event.text);
    }

    expect(said).toEqual(['Two, ', 'three.']);
  });
});
