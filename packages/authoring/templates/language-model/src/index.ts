import { LanguageModel } from '@tiercel/capabilities/language-model';
import { definePlugin, provide } from '@tiercel/kernel';
import { EchoLanguageModel } from './echo-language-model.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { model: provide(LanguageModel, { offline: true }) },
  config: {
    contextTokens: {
      doc: 'Longest prompt and answer together, in words',
      format: 'nat',
      default: 2048,
      min: 64,
      max: 1_000_000,
    },
  },
  setup: ({ config }) => ({ model: new EchoLanguageModel(config.contextTokens) }),
});
