import { open } from 'node:fs/promises';
import { AudioOutput, Playout } from '@tiercel/capabilities/audio-output';
import { Clock } from '@tiercel/capabilities/clock';
import { definePlugin, provide } from '@tiercel/kernel';
import { RawFileSink } from './raw-file-sink.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { output: provide(AudioOutput) },
  requires: { clock: Clock },
  config: {
    file: {
      doc: 'File for the samples: mono, 16 bits, little endian; overwritten at each start',
      format: 'path',
      default: './voice.pcm',
    },
    sampleRateHz: { doc: 'Rate of the samples (Hz)', format: 'nat', default: 24_000, min: 8000, max: 48_000 },
  },
  async setup({ config, deps, own }) {
    const file = own(await open(config.file, 'w'));
    const features = { sampleRateHz: config.sampleRateHz, isPaced: false, countsPlayed: true };
    // Playout keeps the rules of attempts, pauses and progress; a provider adds only where samples go.
    const output = new Playout({ features, sink: new RawFileSink(file), clock: deps.clock });
    own(() => output.close());
    return { output };
  },
});
