import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Frame } from '@tiercel/audio';
import { describeAudioInputContract } from '@tiercel/capabilities/audio-input/testing';
import { CommandAudioInput } from './command-audio-input.js';
import { FakePrograms, systemClock } from './fake-programs.js';
import { recorders } from './programs.js';

let programs: FakePrograms;
beforeAll(async () => {
  programs = await FakePrograms.open();
  await programs.addRecorder('arecord');
});
afterAll(() => programs[Symbol.asyncDispose]());

function inputThrough(name: string, timeoutMs = 10_000): CommandAudioInput {
  const found = { program: recorders.arecord, file: path.join(programs.folder, name) };
  return new CommandAudioInput({ find: async () => found, device: '', clock: systemClock, timeoutMs });
}

describeAudioInputContract('CommandAudioInput', () => {
  const provider = inputThrough('arecord');
  return { provider, close: () => provider.close() };
});

describe('CommandAudioInput', () => {
  it('puts samples together that the pipe has cut in two', async () => {
    const frames = await take(inputThrough('arecord').capture(), 6);

    const samples = frames.flatMap(({ pcm }) => [...pcm]);
    expect(samples).toEqual(Array.from({ length: 6 * 512 }, (_, n) => n));
  });

  it('repeats what the program said when it fails', async () => {
    await programs.add(
      'busy',
      `console.error('audio open error: Device or resource busy'); process.exit(1);`,
    );

    await expect(take(inputThrough('busy').capture(), 1)).rejects.toMatchObject({
      code: 'AUDIO_INPUT_FAILED',
      message: expect.stringMatching(/arecord ended with code 1 and said: .*resource busy/),
    });
  });

  it('fails when the program ends although it was not told to', async () => {
    await programs.add('brief', 'process.exit(0);');

    await expect(take(inputThrough('brief').capture(), 1)).rejects.toMatchObject({
      message: expect.stringContaining('ended with code 0'),
    });
  });

  it('fails when the program cannot be run', async () => {
    await expect(take(inputThrough('absent').capture(), 1)).rejects.toMatchObject({
      code: 'AUDIO_INPUT_FAILED',
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('fails when nothing comes for too long', async () => {
    await programs.add('mute', 'setInterval(() => undefined, 1000);');

    await expect(take(inputThrough('mute', 200).capture(), 1)).rejects.toMatchObject({
      message: expect.stringContaining('nothing for 200 ms'),
    });
  });

  it('makes a program end that does not want to', async () => {
    await programs.add(
      'stubborn',
      `process.on('SIGTERM', () => undefined); setInterval(() => process.stdout.write(Buffer.alloc(4096)), 5);`,
    );
    const input = inputThrough('stubborn');

    await take(input.capture(), 1);

    expect(await take(input.capture(), 1)).toHaveLength(1);
  });
});

async function take(frames: AsyncIterable<Frame>, count: number): Promise<Frame[]> {
  const taken: Frame[] = [];
  for await (const frame of frames) {
    taken.push(frame);
    if (taken.length === count) break;
  }
  return taken;
}
