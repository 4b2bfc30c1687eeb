import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Frame, readWav } from '@tiercel/audio';
import { describeAudioInputContract, FakeAudioInput } from '@tiercel/capabilities/audio-input/testing';
import { describeAudioOutputContract, FakeAudioOutput } from '@tiercel/capabilities/audio-output/testing';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { type ConversationRecorder, openConversationRecorder } from './conversation-recorder.js';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-conversation-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function open(): Promise<ConversationRecorder> {
  return openConversationRecorder(path.join(folder, `${count++}.wav`), { sampleRateHz: 16_000 });
}

describeAudioInputContract('recorded input', async () => {
  const recorder = await open();
  const input = new FakeAudioInput();
  input.say(new Int16Array(40_000));
  input.end();
  return { provider: recorder.recordInput(input), close: () => recorder.close() };
});

describeAudioOutputContract('recorded output', async () => {
  const recorder = await open();
  const clock = new FakeClock();
  const provider = recorder.recordOutput(new FakeAudioOutput({ clock }));
  return { provider, advance: (ms) => clock.advance(ms), close: () => recorder.close() };
});

describe('ConversationRecorder', () => {
  it('puts both sides on one timeline at their own levels', async () => {
    const recorder = await open();
    const clock = new FakeClock();
    const input = new FakeAudioInput({ clock });
    const output = recorder.recordOutput(new FakeAudioOutput({ clock }));

    input.say(new Int16Array(16_384).fill(100));
    input.end();
    for await (const _ of recorder.recordInput(input).capture());
    await clock.advance(500);
    await playing(clock, output.play(steady(200, 3000), { attempt: 1 }));
    await recorder.close();

    const { pcm } = await readWav(recorder.file);
    expect(pcm).toHaveLength(16_384);
    expect([pcm[7000], pcm[9000], pcm[10_900], pcm[11_500]]).toEqual([100, 3100, 3100, 100]);
  });

  it('keeps only what was heard of a reply that was cut off', async () => {
    const recorder = await open();
    const clock = new FakeClock();
    const output = recorder.recordOutput(new FakeAudioOutput({ clock }));

    const reply = playing(clock, output.play(steady(2000, 3000), { attempt: 1 }));
    await clock.advance(300);
    const { samples } = await output.clear({ fadeMs: 8 });
    await reply;
    await recorder.close();

    expect((await readWav(recorder.file)).pcm).toHaveLength(samples);
    expect(samples).toBeLessThan(16 * 1000);
  });

  it('shortens a long silence', async () => {
    const recorder = await open();
    const clock = new FakeClock();
    const output = recorder.recordOutput(new FakeAudioOutput({ clock }));

    await playing(clock, output.play(steady(100, 3000), { attempt: 1 }));
    await clock.advance(3_600_000);
    await playing(clock, output.play(steady(100, 3000), { attempt: 2 }));
    await recorder.close();

    expect((await readWav(recorder.file)).pcm).toHaveLength(16 * 5200);
  });

  it('records a long conversation in little memory and loses nothing of it', async () => {
    const recorder = await open();
    const input = new FakeAudioInput();
    input.say(new Int16Array(16_000 * 60).fill(1));
    input.end();

    let read = 0;
    for await (const _ of recorder.recordInput(input).capture()) {
      if (read++ % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await recorder.close();

    const { pcm } = await readWav(recorder.file);
    expect(pcm).toHaveLength(16_000 * 60);
    expect(pcm.every((sample) => sample === 1)).toBe(true);
  });

  it('resamples each side as one stream, not frame by frame', async () => {
    const recorder = await open();
    const clock = new FakeClock();
    const output = recorder.recordOutput(new FakeAudioOutput({ clock }));

    await playing(clock, output.play(steady(1000, 5000, 22_050), { attempt: 1 }));
    await recorder.close();

    const middle = (await readWav(recorder.file)).pcm.subarray(1600, 14_000);
    expect(Math.max(...middle) - Math.min(...middle)).toBeLessThan(10);
  });

  it('closes once, however often it is asked to', async () => {
    const recorder = await open();

    await recorder.close();
    await recorder[Symbol.asyncDispose]();

    await expect(readWav(recorder.file)).rejects.toMatchObject({ code: 'AUDIO_WAV_NO_SAMPLES' });
  });

  it('names a file that cannot be written', async () => {
    const file = path.join(folder, 'no', 'such', 'folder.wav');

    await expect(openConversationRecorder(file)).rejects.toMatchObject({
      code: 'AUDIO_FILE_UNWRITABLE',
      message: expect.stringContaining(file),
    });
  });
});

async function* steady(lengthMs: number, level: number, sampleRateHz = 16_000): AsyncGenerator<Frame> {
  const samples = sampleRateHz / 50;
  for (let index = 0; index < lengthMs / 20; index++) {
    const pcm = new Int16Array(samples).fill(level);
    yield { pcm, sampleRateHz, position: index * samples, timeMs: 0 };
  }
}

async function playing(clock: FakeClock, progress: AsyncIterable<unknown>): Promise<void> {
  let isOver = false;
  const whole = (async () => {
    for await (const _ of progress);
    isOver = true;
  })();
  while (!isOver) await clock.advance(1);
  await whole;
}
