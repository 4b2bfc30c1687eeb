import { AudioInput } from '@tiercel/capabilities/audio-input';
import { Clock } from '@tiercel/capabilities/clock';
import { definePlugin, provide } from '@tiercel/kernel';
import { ToneAudioInput } from './tone-audio-input.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { input: provide(AudioInput) },
  requires: { clock: Clock },
  config: {
    pitchHz: { doc: 'Pitch of the tone (Hz)', format: 'nat', default: 440, min: 20, max: 7000 },
    durationMs: { doc: 'How long it sounds (ms)', format: 'nat', default: 3000, min: 1, max: 3_600_000 },
  },
  setup: ({ config, deps }) => ({
    input: new ToneAudioInput(deps.clock, { pitchHz: config.pitchHz, durationMs: config.durationMs }),
  }),
});
