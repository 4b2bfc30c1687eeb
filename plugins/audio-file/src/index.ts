import { AudioInput } from '@tiercel/capabilities/audio-input';
import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { Clock } from '@tiercel/capabilities/clock';
import { definePlugin, provide } from '@tiercel/kernel';
import { checkRecordings } from './check-recordings.js';
import { FileAudioInput } from './file-audio-input.js';
import { openFileAudioOutput } from './file-audio-output.js';

export { FileAudioInput, type FileAudioInputOptions } from './file-audio-input.js';
export {
  type FileAudioOutput,
  type FileAudioOutputOptions,
  openFileAudioOutput,
} from './file-audio-output.js';

export default definePlugin({
  name: '@tiercel/audio-file',
  version: '0.1.0',
  provides: { input: provide(AudioInput), output: provide(AudioOutput) },
  requires: { clock: Clock },
  config: {
    input: {
      doc: 'WAV files to hear, in this order; none gives room noise only',
      format: 'list',
      default: [],
    },
    pace: {
      doc: 'Hear the files and play replies in real time; false does both as fast as their readers go',
      format: Boolean,
      default: true,
    },
    leadMs: { doc: 'Room noise before the first file, in milliseconds', format: 'nat', default: 250 },
    gapMs: { doc: 'Room noise between two files, in milliseconds', format: 'nat', default: 1500 },
    tailMs: {
      doc: 'Room noise after the last file, in milliseconds: time in which the end of speech is noticed',
      format: 'nat',
      default: 1500,
    },
    noiseDbfs: {
      doc: 'Level of the room noise in decibels below full scale',
      format: Number,
      default: -62,
      min: -90,
      max: -20,
    },
    output: {
      doc: 'WAV file to write replies to, replaced if it exists; empty plays them into nothing',
      format: 'path',
      default: '',
    },
    outputSampleRateHz: {
      doc: 'Samples per second of the file that is written',
      format: 'nat',
      default: 22_050,
      min: 8000,
      max: 192_000,
    },
    maxGapMs: {
      doc: 'Longest silence written between two replies, in milliseconds; what is longer is shortened to it',
      format: 'nat',
      default: 60_000,
    },
  },
  async setup({ deps, config, signal, own }) {
    await checkRecordings(config.input, { signal });
    const { clock } = deps;
    const input = new FileAudioInput({ ...config, files: config.input, isRealTime: config.pace, clock });
    const output = own(
      await openFileAudioOutput({
        file: config.output,
        sampleRateHz: config.outputSampleRateHz,
        isPaced: config.pace,
        maxGapMs: config.maxGapMs,
        clock,
        signal,
      }),
    );
    return { input, output };
  },
});
