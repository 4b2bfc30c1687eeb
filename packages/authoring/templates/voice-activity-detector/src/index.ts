import { VoiceActivityDetector } from '@tiercel/capabilities/voice-activity-detector';
import { definePlugin, provide } from '@tiercel/kernel';
import { LevelVoiceActivityDetector } from './level-voice-activity-detector.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { detector: provide(VoiceActivityDetector, { offline: true }) },
  config: {
    thresholdDbfs: {
      doc: 'Level from which sound is speech (dBFS)',
      format: Number,
      default: -40,
      min: -120,
      max: 0,
    },
    silenceMs: { doc: 'Silence that ends speech (ms)', format: 'nat', default: 160, min: 32, max: 5000 },
  },
  setup: ({ config }) => ({ detector: new LevelVoiceActivityDetector(config) }),
});
