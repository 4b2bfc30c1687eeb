import { SpeechToText } from '@tiercel/capabilities/speech-to-text';
import { definePlugin, provide } from '@tiercel/kernel';
import { TouchToneSpeechToText } from './touch-tone-speech-to-text.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { recogniser: provide(SpeechToText, { offline: true }) },
  config: {
    silenceDbfs: {
      doc: 'Anything below this level is silence (dBFS)',
      format: Number,
      default: -50,
      min: -120,
      max: 0,
    },
  },
  setup: ({ config }) => ({ recogniser: new TouchToneSpeechToText(config.silenceDbfs) }),
});
