import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeWav, readWav } from '@tiercel/audio';
import { AudioInput } from '@tiercel/capabilities/audio-input';
import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { Clock } from '@tiercel/capabilities/clock';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { boot, supply } from '@tiercel/kernel';
import plugin from './index.js';

describe('@tiercel/audio-file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-audio-file-'));
    await writeFile(
      path.join(folder, 'in.wav'),
      encodeWav(new Int16Array(8000).fill(5000), { sampleRateHz: 8000 }),
    );
    await writeFile(path.join(folder, 'song.wav'), Buffer.from('ID3\u0003 not a wav'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  function bootWith(config: Readonly<Record<string, unknown>>) {
    return boot({
      manifest: { tier: 'test', plugins: { 'fake-clock': {}, 'audio-file': { config } } },
      plugins: [plugin, supply('@tiercel/fake-clock', Clock, new FakeClock())],
      environment: {},
    });
  }

  it('hears one file and writes another', async () => {
    const output = path.join(folder, 'out.wav');
    {
      await using node = await bootWith({
        input: [path.join(folder, 'in.wav')],
        output,
        outputSampleRateHz: 16_000,
        pace: false,
        leadMs: 0,
        tailMs: 0,
      });
      const frames = node.get(AudioInput).capture();
      for await (const _ of node.get(AudioOutput).play(frames, { attempt: 1 }));
    }

    const { pcm, sampleRateHz } = await readWav(output);
    expect([pcm.length, sampleRateHz]).toEqual([16_000, 16_000]);
    expect(pcm[8000]).toBe(5000);
  });

  it('does not start with a file that is no recording, and says why', async () => {
    const starting = bootWith({ input: [path.join(folder, 'song.wav')] });

    await expect(starting).rejects.toMatchObject({
      code: 'KERNEL_BOOT_FAILED',
      message: expect.stringContaining('is not a WAV file'),
    });
  });
});
