import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeWav } from './encode-wav.js';
import { readWav } from './read-wav.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-audio-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('readWav', () => {
  it('reads a file', async () => {
    const file = path.join(folder, 'good.wav');
    await writeFile(file, encodeWav(Int16Array.of(1, 2, 3), { sampleRateHz: 22_050 }));

    expect(await readWav(file)).toMatchObject({ sampleRateHz: 22_050, pcm: Int16Array.of(1, 2, 3) });
  });

  it('names a file that is missing', async () => {
    const file = path.join(folder, 'missing.wav');

    await expect(readWav(file)).rejects.toMatchObject({
      code: 'AUDIO_FILE_MISSING',
      message: `${file} does not exist. Check the path; a relative one starts at the working directory.`,
      cause: { code: 'ENOENT' },
    });
  });

  it('tells a folder from a file', async () => {
    await expect(readWav(folder)).rejects.toMatchObject({
      code: 'AUDIO_FILE_NOT_REGULAR',
      details: { file: folder, kind: 'directory' },
    });
  });

  it('does not read a device for ever', async () => {
    await expect(readWav('/dev/null')).rejects.toMatchObject({ code: 'AUDIO_FILE_NOT_REGULAR' });
  });

  it('explains a path it may not follow', async () => {
    const file = path.join(folder, `${'long'.repeat(100)}.wav`);

    await expect(readWav(file)).rejects.toMatchObject({
      code: 'AUDIO_FILE_UNREADABLE',
      details: { reason: 'ENAMETOOLONG' },
    });
  });

  it('refuses a file that would fill the memory', async () => {
    const file = path.join(folder, 'huge.wav');
    await writeFile(file, '');
    await truncate(file, 1024 ** 3 + 1);

    await expect(readWav(file)).rejects.toMatchObject({ code: 'AUDIO_WAV_TOO_LARGE' });
  });

  it('names the file in what parseWav finds', async () => {
    const file = path.join(folder, 'empty.wav');
    await writeFile(file, '');

    await expect(readWav(file)).rejects.toThrow(`${file} is empty (0 bytes).`);
  });

  it('rejects with the reason of an aborted signal', async () => {
    const reason = new Error('stopped');

    await expect(readWav(folder, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('stops when the signal is aborted on the way', async () => {
    const file = path.join(folder, 'long.wav');
    await writeFile(file, encodeWav(new Int16Array(500_000), { sampleRateHz: 22_050 }));
    const controller = new AbortController();
    const reason = new Error('stopped');

    const reading = readWav(file, { signal: controller.signal });
    controller.abort(reason);

    await expect(reading).rejects.toBe(reason);
  });
});
