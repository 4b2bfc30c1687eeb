import { IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import { definePlugin, provide } from '@tiercel/kernel';
import { parseCommands } from './parse-commands.js';
import { SentenceIntentRecognizer } from './sentence-intent-recognizer.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { intents: provide(IntentRecognizer) },
  config: {
    commands: {
      doc: 'Sentences, each with the `tool` to call, and perhaps `args` and an `answer` to say',
      format: 'record',
      default: {},
    },
    language: { doc: 'Language of the sentences', format: String, default: 'en' },
  },
  setup: ({ config }) => ({
    intents: new SentenceIntentRecognizer(parseCommands(config.commands), config.language),
  }),
});
