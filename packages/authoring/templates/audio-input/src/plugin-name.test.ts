import { describe, expect, it } from '@jest/globals';
import { AudioInput } from '@tiercel/capabilities/audio-input';
import { describeAudioInputContract } from '@tiercel/capabilities/audio-input/testing';
import { bootTest, describeInEveryPlacement } from '@tiercel/testkit';
import plugin from './index.js';

describeInEveryPlacement(
  'plugin-name',
  {
    capability: AudioInput,
    plugin: './dist/index.js',
    key: 'plugin-name',
    beside: { 'clock-system': null },
  },
  describeAudioInputContract,
);

describe('plugin-name', () => {
  it('sounds as long as it is told to', async () => {
    await using test = await bootTest({ plugins: [plugin], config: { 'plugin-name': { durationMs: 100 } } });
    const lengths: number[] = [];

    for await (const { pcm } of test.get(AudioInput).capture()) lengths.push(pcm.length);

    expect(lengths).toEqual([512, 512, 512, 64]);
  });
});
