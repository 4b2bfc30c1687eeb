import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Frame, int16FromBytes } from '@tiercel/audio';
import { describeAudioOutputContract } from '@tiercel/capabilities/audio-output/testing';
import { CommandAudioOutput } from './command-audio-output.js';
import { FakePrograms, systemClock } from './fake-programs.js';
import { players } from './programs.js';

let programs: FakePrograms;
beforeAll(async () => {
  programs = await FakePrograms.open();
  await programs.addPlayer('aplay');
});
afterAll(() => programs[Symbol.asyncDispose]());

function outputThrough(name: string, timeoutMs = 10_000): CommandAudioOutput {
  const found = { program: players.aplay, file: path.join(programs.folder, name) };
  return new CommandAudioOutput({
    find: async () => found,
    device: '',
    sampleRateHz: 16_000,
    clock: systemClock,
    timeoutMs,
  });
}

describeAudioOutputContract('CommandAudioOutput', () => {
  const provider = outputThrough('aplay');
  return { provider, close: () => provider.close() };
});

describe('CommandAudioOutput', () => {
  it('gives the program every sample, and waits until it has played them', async () => {
    const output = outputThrough('aplay');

    const progress = await last(output.play(ramp(300), { attempt: 1 }));

    const played = int16FromBytes(await readFile(path.join(programs.folder, 'aplay.raw')));
    expect(progress?.samples).toBe(4800);
    expect([...played]).toEqual(Array.from({ length: 4800 }, (_, n) => n));
  });

  it('hands over no more than its lead, so that a cut is heard soon', async () => {
    const output = outputThrough('aplay');
    const playing = output.play(ramp(3000), { attempt: 1 });
    for await (const { samples } of playing) if (samples >= 3200) break;

    const { samples } = await output.clear({ fadeMs: 8 });

    const handed = (await readFile(path.join(programs.folder, 'aplay.raw'))).length / 2;
    expect(handed - samples).toBeLessThan(16 * (100 + 20 + 8 + 40));
  });

  it('repeats what the program said when it fails', async () => {
    await programs.add('broken', `console.error('no such device'); process.exit(3);`);

    await expect(last(outputThrough('broken').play(ramp(5000), { attempt: 1 }))).rejects.toMatchObject({
      code: 'AUDIO_OUTPUT_FAILED',
      message: expect.stringMatching(/ended with code 3 and said: no such device/),
    });
  });

  it('repeats the last lines whole, which tell what the others led to', async () => {
    await programs.add(
      'talkative',
      `console.error('x'.repeat(1990) + '\\nUnknown PCM default\\nmain:831: audio open error'); process.exit(1);`,
    );

    await expect(last(outputThrough('talkative').play(ramp(5000), { attempt: 1 }))).rejects.toMatchObject({
      message: expect.stringContaining('and said: Unknown PCM default; main:831: audio open error.'),
    });
  });

  it('fails when the program cannot be run', async () => {
    await expect(last(outputThrough('absent').play(ramp(1000), { attempt: 1 }))).rejects.toMatchObject({
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('fails when the program takes nothing, instead of waiting for ever', async () => {
    await programs.add('deaf', 'setInterval(() => undefined, 1000);');

    const playing = last(outputThrough('deaf', 200).play(ramp(20_000), { attempt: 1 }));

    await expect(playing).rejects.toMatchObject({ message: expect.stringContaining('nothing for 200 ms') });
  });

  it('plays the next attempt after one that failed', async () => {
    await programs.add('moody', 'process.exit(1);');
    const output = outputThrough('moody');
    await last(output.play(ramp(1000), { attempt: 1 })).catch(() => undefined);
    await programs.addPlayer('moody');

    const progress = await last(output.play(ramp(100), { attempt: 2 }));

    expect(progress?.samples).toBe(1600);
  });
});

/** Sample n has the value n. */
async function* ramp(lengthMs: number): AsyncGenerator<Frame> {
  for (let index = 0; index < lengthMs / 20; index++) {
    const pcm = Int16Array.from({ length: 320 }, (_, n) => index * 320 + n);
    yield { pcm, sampleRateHz: 16_000, position: index * 320, timeMs: index * 20 };
  }
}

async function last<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  let newest: T | undefined;
  for await (const item of items) newest = item;
  return newest;
}
