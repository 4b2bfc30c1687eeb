import { describeLanguageModelContract } from '@tiercel/capabilities/language-model/testing';
import { openSmolLm2, openTinyModel } from './test/open-model.js';

describeLanguageModelContract('LlamaLanguageModel with random weights', () => openTinyModel());

describeLanguageModelContract('LlamaLanguageModel with random weights and tools', () =>
  openTinyModel({ engine: { tools: 'native' } }),
);

describeLanguageModelContract('LlamaLanguageModel with SmolLM2', () => openSmolLm2());
