import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Frame, readWav } from '@tiercel/audio';
import { describeAudioOutputContract } from '@tiercel/capabilities/audio-output/testing';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { type FileAudioOutputOptions, openFileAudioOutput } from './file-audio-output.js';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-audio-file-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function open(clock: FakeClock, options: Partial<FileAudioOutputOptions> = {}) {
  const file = path.join(folder, `${count++}.wav`);
  return openFileAudioOutput({
    file,
    sampleRateHz: 22_050,
    isPaced: true,
    maxGapMs: 60_000,
    clock,
    ...options,
  });
}

describeAudioOutputContract('FileAudioOutput', async () => {
  const clock = new FakeClock();
  const provider = await open(clock);
  return {
    provider,
    advance: (ms) => clock.advance(ms),
    close: () => provider[Symbol.asyncDispose](),
  };
});

describeAudioOutputContract('FileAudioOutput, unpaced', async () => {
  const clock = new FakeClock();
  const provider = await open(clock, { isPaced: false });
  return {
    provider,
    advance: (ms) => clock.advance(ms),
    close: () => provider[Symbol.asyncDispose](),
  };
});

describe('FileAudioOutput', () => {
  it('writes what was played at the rate of the file', async () => {
    const clock = new FakeClock();
    const file = path.join(folder, 'rates.wav');
    const output = await open(clock, { file, isPaced: false });

    await play(output.play(tone(1000, 16_000), { attempt: 1 }));
    await output[Symbol.asyncDispose]();

    const wav = await readWav(file);
    expect([wav.sampleRateHz, wav.pcm.length]).toEqual([22_050, 22_050]);
  });

  it('keeps the pause between two replies', async () => {
    const clock = new FakeClock();
    const file = path.join(folder, 'pause.wav');
    const output = await open(clock, { file });

    await timed(clock, play(output.play(tone(100), { attempt: 1 })));
    await clock.advance(1900);
    await timed(clock, play(output.play(tone(100), { attempt: 2 })));
    await output[Symbol.asyncDispose]();

    const { pcm } = await readWav(file);
    expect(pcm.length / 22.05).toBeGreaterThan(2000);
    expect(Math.max(...pcm.subarray(0.2 * 22_050, 1.8 * 22_050))).toBe(0);
  });

  it('shortens a pause that is longer than its limit', async () => {
    const clock = new FakeClock();
    const file = path.join(folder, 'long-pause.wav');
    const output = await open(clock, { file, maxGapMs: 500 });

    await timed(clock, play(output.play(tone(100), { attempt: 1 })));
    await clock.advance(3_600_000);
    await timed(clock, play(output.play(tone(100), { attempt: 2 })));
    await output[Symbol.asyncDispose]();

    expect((await readWav(file)).pcm.length / 22.05).toBeCloseTo(700, 0);
  });

  it('ends a cleared reply in silence, not in a click', async () => {
    const clock = new FakeClock();
    const file = path.join(folder, 'cleared.wav');
    const output = await open(clock, { file, sampleRateHz: 24_000 });
    const progress = output.play(tone(1000), { attempt: 1 });
    await timed(clock, progress.next());

    const { samples } = await output.clear({ fadeMs: 8 });
    await play(progress);
    await output[Symbol.asyncDispose]();

    const { pcm } = await readWav(file);
    expect(samples).toBeGreaterThan(0);
    expect(pcm).toHaveLength(samples + 192);
    expect(pcm.at(-1)).toBe(0);
  });

  it('plays into nothing when it has no file', async () => {
    const clock = new FakeClock();
    const output = await open(clock, { file: '' });

    const progress = await timed(clock, play(output.play(tone(100), { attempt: 1 })));
    await output[Symbol.asyncDispose]();

    expect(progress).toMatchObject({ samples: 2400, timeMs: 100 });
  });

  it('says at once that a file cannot be written', async () => {
    const directory = path.join(folder, 'taken.wav');
    await mkdir(directory);

    await expect(open(new FakeClock(), { file: directory })).rejects.toMatchObject({
      code: 'AUDIO_FILE_NOT_REGULAR',
    });
  });

  it('closes the file once and takes nothing more, whoever disposes of it how often', async () => {
    const clock = new FakeClock();
    const file = path.join(folder, 'closed.wav');
    const output = await open(clock, { file });
    const playing = play(output.play(tone(1000), { attempt: 1 }));
    await clock.advance(100);

    await output[Symbol.asyncDispose]();
    await output[Symbol.asyncDispose]();
    await playing;
    const late = await play(output.play(tone(100), { attempt: 2 }));

    expect(late).toBeUndefined();
    expect((await readWav(file)).isTruncated).toBe(false);
  });
});

async function* tone(lengthMs: number, sampleRateHz = 24_000): AsyncGenerator<Frame> {
  const samples = sampleRateHz / 50;
  for (let index = 0; index < lengthMs / 20; index++) {
    const pcm = new Int16Array(samples).fill(10_000);
    yield { pcm, sampleRateHz, position: index * samples, timeMs: index * 20 };
  }
}

async function play<T>(progress: AsyncIterable<T>): Promise<T | undefined> {
  let newest: T | undefined;
  for await (const item of progress) newest = item;
  return newest;
}

async function timed<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  work.then(settle, settle);
  while (!isSettled) await clock.advance(1);
  return work;
}
