import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeWav, type Frame, joinFrames, levelDbfs } from '@tiercel/audio';
import { describeAudioInputContract } from '@tiercel/capabilities/audio-input/testing';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FileAudioInput, type FileAudioInputOptions } from './file-audio-input.js';

const recordings = path.resolve('packages/audio/recordings');
const lamp = path.join(recordings, 'synthetic/turn-on-the-living-room-lamp.wav');
const goodbye = path.join(recordings, 'human/goodbye.en.wav');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-audio-file-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function inputOf(files: readonly string[], options: Partial<FileAudioInputOptions> = {}): FileAudioInput {
  return new FileAudioInput({
    files,
    isRealTime: false,
    leadMs: 0,
    gapMs: 0,
    tailMs: 0,
    noiseDbfs: -60,
    clock: new FakeClock(),
    ...options,
  });
}

describeAudioInputContract('FileAudioInput, as fast as it is read', () => {
  return { provider: inputOf([lamp], { tailMs: 500 }), close: () => undefined };
});

describeAudioInputContract('FileAudioInput, in real time', () => {
  const clock = new FakeClock();
  const provider = inputOf([goodbye], { isRealTime: true, leadMs: 1000, tailMs: 500, clock });
  return {
    provider,
    advance: (ms) => clock.advance(ms),
    close: () => expect(clock.pending).toBe(0),
  };
});

describe('FileAudioInput', () => {
  it('resamples and mixes down whatever a file holds', async () => {
    const frames = await collect(inputOf([lamp]).capture());

    const whole = joinFrames(frames);
    expect(whole?.sampleRateHz).toBe(16_000);
    expect(Math.abs((whole?.pcm.length ?? 0) - 16_000 * (167_990 / 44_100))).toBeLessThan(16_000);
    expect(levelDbfs(whole?.pcm ?? new Int16Array(0))).toBeGreaterThan(-40);
  });

  it('plays the files in order with room noise before, between and after them', async () => {
    const loud = await wav('loud.wav', new Int16Array(1600).fill(9000));
    const louder = await wav('louder.wav', new Int16Array(1600).fill(-9000));

    const frames = await collect(inputOf([loud, louder], { leadMs: 100, gapMs: 200, tailMs: 300 }).capture());

    const pcm = joinFrames(frames)?.pcm ?? new Int16Array(0);
    expect(pcm).toHaveLength(16 * (100 + 100 + 200 + 100 + 300));
    expect([pcm[2400], pcm[7200]]).toEqual([9000, -9000]);
    for (const quietAtMs of [50, 300, 700]) {
      const level = levelDbfs(pcm.subarray((quietAtMs - 40) * 16, (quietAtMs + 40) * 16));
      expect(level).toBeGreaterThan(-75);
      expect(level).toBeLessThan(-45);
    }
  });

  it('gives only the noise of its tail when there are no files', async () => {
    const frames = await collect(inputOf([], { tailMs: 64 }).capture());

    expect(frames).toHaveLength(2);
  });

  it('delivers each frame when its last sample has been heard', async () => {
    const clock = new FakeClock();
    const input = inputOf([], { isRealTime: true, tailMs: 320, clock });
    const arrivals: number[] = [];

    const reading = (async () => {
      for await (const frame of input.capture()) arrivals.push(clock.nowMs() - frame.timeMs);
    })();
    await clock.advance(320);
    await reading;

    expect(arrivals).toEqual(new Array(10).fill(32));
  });

  it('loses the oldest frames of a reader that falls more than a second behind', async () => {
    const clock = new FakeClock();
    const input = inputOf([], { isRealTime: true, tailMs: 3200, clock });
    const frames = input.capture();
    const first = frames.next();
    await clock.advance(32);
    await first;

    await clock.advance(3200);
    const rest = await collect(frames);

    expect(rest).toHaveLength(31);
    expect(rest[0]?.position).toBe(512 * 69);
  });

  it('loses nothing when it is read slowly without real time', async () => {
    const clock = new FakeClock();
    const input = inputOf([], { tailMs: 3200, clock });
    const positions: number[] = [];

    for await (const { position } of input.capture()) {
      await clock.advance(100);
      positions.push(position);
    }

    expect(positions).toEqual(Array.from({ length: 100 }, (_, index) => index * 512));
  });

  it('names the file that disappeared since the start', async () => {
    const gone = path.join(folder, 'gone.wav');

    await expect(collect(inputOf([gone]).capture())).rejects.toMatchObject({
      code: 'AUDIO_FILE_MISSING',
      message: expect.stringContaining(gone),
    });
  });

  it('passes on an error of a file in real time, and is free again', async () => {
    const clock = new FakeClock();
    const broken = path.join(folder, 'broken.wav');
    await writeFile(broken, 'RIFF');
    const input = inputOf([broken], { isRealTime: true, clock });

    await expect(collect(input.capture())).rejects.toMatchObject({ code: 'AUDIO_WAV_HEADER_TRUNCATED' });
    await expect(collect(input.capture())).rejects.toMatchObject({ code: 'AUDIO_WAV_HEADER_TRUNCATED' });
  });
});

async function wav(name: string, pcm: Int16Array): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, encodeWav(pcm, { sampleRateHz: 16_000 }));
  return file;
}

async function collect(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}
