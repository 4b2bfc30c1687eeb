import { afterAll } from '@jest/globals';
import { AudioInput } from '@tiercel/capabilities/audio-input';
import { describeAudioInputContract } from '@tiercel/capabilities/audio-input/testing';
import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { describeAudioOutputContract } from '@tiercel/capabilities/audio-output/testing';
import { describeInEveryPlacement } from '@tiercel/testkit';
import { FakePrograms } from './fake-programs.js';
import audioCommand from './index.js';

const programs = await FakePrograms.open();
await programs.addRecorder('arecord');
await programs.addPlayer('aplay');
afterAll(() => programs[Symbol.asyncDispose]());

const common = {
  plugin: audioCommand,
  config: { searchPath: programs.folder, recorder: 'arecord', player: 'aplay', timeoutMs: 10_000 },
  beside: { 'clock-system': null },
};

describeInEveryPlacement(
  'audio-command, recording',
  { ...common, capability: AudioInput, kill: 'once' },
  describeAudioInputContract,
);

describeInEveryPlacement(
  'audio-command, playing',
  // Each takes as long as its sound; inline on time the suite runs on the class.
  { ...common, capability: AudioOutput, perTest: true, placements: ['inline-with-faults', 'process'] },
  describeAudioOutputContract,
);
