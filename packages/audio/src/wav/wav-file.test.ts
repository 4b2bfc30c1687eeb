import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeWav } from './encode-wav.js';
import { readWav } from './read-wav.js';
import { openWavFile } from './wav-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-audio-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('openWavFile', () => {
  it('writes the very bytes of encodeWav', async () => {
    const target = path.join(folder, 'same.wav');
    const file = await openWavFile(target, { sampleRateHz: 16_000 });

    await file.write(Int16Array.of(1, 2));
    await file.write(Int16Array.of(3));
    await file.close();

    const bytes = new Uint8Array(await readFile(target));
    expect(bytes).toEqual(encodeWav(Int16Array.of(1, 2, 3), { sampleRateHz: 16_000 }));
  });

  it('keeps blocks in the order of the calls, awaited or not', async () => {
    const target = path.join(folder, 'order.wav');
    const file = await openWavFile(target, { sampleRateHz: 16_000 });

    const writes = [1, 2, 3, 4, 5].map((sample) => file.write(Int16Array.of(sample)));
    await file.close();
    await Promise.all(writes);

    expect((await readWav(target)).pcm).toEqual(Int16Array.of(1, 2, 3, 4, 5));
  });

  it('can be read before it is closed, as after a crash', async () => {
    const target = path.join(folder, 'open.wav');
    await using file = await openWavFile(target, { sampleRateHz: 16_000 });

    await file.write(Int16Array.of(1, 2));

    expect(await readWav(target)).toMatchObject({ pcm: Int16Array.of(1, 2), isTruncated: false });
  });

  it('knows how long it is', async () => {
    await using file = await openWavFile(path.join(folder, 'length.wav'), {
      sampleRateHz: 16_000,
      channels: 2,
    });

    await file.write(new Int16Array(3200));

    expect(file.durationMs).toBe(100);
  });

  it('takes no samples after close', async () => {
    const file = await openWavFile(path.join(folder, 'closed.wav'), { sampleRateHz: 16_000 });
    await file.close();

    await expect(file.write(Int16Array.of(1))).rejects.toMatchObject({ code: 'AUDIO_FILE_CLOSED' });
  });

  it('may be closed twice', async () => {
    const file = await openWavFile(path.join(folder, 'twice.wav'), { sampleRateHz: 16_000 });

    await file.close();
    await file.close();

    await expect(readWav(file.path)).rejects.toMatchObject({ code: 'AUDIO_WAV_NO_SAMPLES' });
  });

  it('explains a folder that does not exist', async () => {
    const target = path.join(folder, 'no', 'such', 'folder.wav');

    await expect(openWavFile(target, { sampleRateHz: 16_000 })).rejects.toMatchObject({
      code: 'AUDIO_FILE_UNWRITABLE',
      details: { file: target, reason: 'ENOENT' },
    });
  });

  it('does not overwrite a folder', async () => {
    await expect(openWavFile(folder, { sampleRateHz: 16_000 })).rejects.toMatchObject({
      code: 'AUDIO_FILE_NOT_REGULAR',
      details: { kind: 'directory' },
    });
  });

  // Elsewhere there is no device that is always full.
  (process.platform === 'linux' ? it : it.skip)('explains a device that is full', async () => {
    await expect(openWavFile('/dev/full', { sampleRateHz: 16_000 })).rejects.toMatchObject({
      code: 'AUDIO_FILE_UNWRITABLE',
      details: { reason: 'ENOSPC' },
    });
  });

  it('refuses more than a WAV file can hold', async () => {
    await using file = await openWavFile(path.join(folder, 'full.wav'), { sampleRateHz: 16_000 });
    // Only its length is looked at before it is refused.
    const endless = { byteLength: 2 ** 32 } as Int16Array;

    await expect(file.write(endless)).rejects.toMatchObject({ code: 'AUDIO_WAV_TOO_LARGE' });
  });

  it('opens nothing if the signal is already aborted', async () => {
    const target = path.join(folder, 'aborted.wav');
    const reason = new Error('stopped');

    const opening = openWavFile(target, { sampleRateHz: 16_000, signal: AbortSignal.abort(reason) });

    await expect(opening).rejects.toBe(reason);
    await expect(readWav(target)).rejects.toMatchObject({ code: 'AUDIO_FILE_MISSING' });
  });
});
