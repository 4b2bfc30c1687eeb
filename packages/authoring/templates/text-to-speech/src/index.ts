import { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import { definePlugin, provide } from '@tiercel/kernel';
import { MorseTextToSpeech } from './morse-text-to-speech.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { voice: provide(TextToSpeech, { offline: true }) },
  config: {
    pitchHz: { doc: 'Pitch of the voice (Hz)', format: 'nat', default: 600, min: 100, max: 4000 },
    wordsPerMinute: { doc: 'Pace at speed 1', format: 'nat', default: 20, min: 5, max: 60 },
  },
  setup: ({ config }) => ({ voice: new MorseTextToSpeech(config) }),
});
