import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type Frame, int16FromBytes } from '@tiercel/audio';
import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { describeAudioOutputContract } from '@tiercel/capabilities/audio-output/testing';
import { bootTest, describeInEveryPlacement } from '@tiercel/testkit';
import plugin from './index.js';

const file = path.join(tmpdir(), `plugin-name-${process.pid}.pcm`);
afterAll(() => rm(file, { force: true }));

describeInEveryPlacement(
  'plugin-name',
  {
    capability: AudioOutput,
    plugin: './dist/index.js',
    key: 'plugin-name',
    config: { file },
    beside: { 'clock-system': null },
    perTest: true,
  },
  describeAudioOutputContract,
);

describe('plugin-name', () => {
  it('writes the samples that it plays', async () => {
    await using test = await bootTest({ plugins: [plugin], config: { 'plugin-name': { file } } });
    const pcm = Int16Array.from({ length: 480 }, (_, index) => index);
    const frames = (async function* (): AsyncGenerator<Frame> {
      yield { pcm, sampleRateHz: 24_000, position: 0, timeMs: 0 };
    })();

    for await (const _ of test.get(AudioOutput).play(frames, { attempt: 1 }));

    expect(int16FromBytes(await readFile(file))).toEqual(pcm);
  });
});
