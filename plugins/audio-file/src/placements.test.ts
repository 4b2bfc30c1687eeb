import path from 'node:path';
import { AudioInput } from '@tiercel/capabilities/audio-input';
import { describeAudioInputContract } from '@tiercel/capabilities/audio-input/testing';
import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { describeAudioOutputContract } from '@tiercel/capabilities/audio-output/testing';
import { describeInEveryPlacement } from '@tiercel/testkit';
import audioFile from './index.js';

const recording = path.resolve('packages/audio/recordings/synthetic/turn-on-the-living-room-lamp.wav');
const beside = { 'clock-system': null };

describeInEveryPlacement(
  'audio-file, as fast as it is read',
  {
    capability: AudioInput,
    plugin: audioFile,
    config: { input: [recording], pace: false },
    beside,
    kill: 'once',
  },
  describeAudioInputContract,
);

describeInEveryPlacement(
  'audio-file, in real time',
  {
    capability: AudioOutput,
    plugin: audioFile,
    beside,
    perTest: true,
    // Each takes as long as its sound; inline on time the suite runs on the class, with a fake clock.
    placements: ['inline-with-faults', 'process'],
  },
  describeAudioOutputContract,
);
