import { readFile, stat } from 'node:fs/promises';
import { AudioError } from '../errors.js';
import { otherKind, readError } from './file-errors.js';
import { parseWav, type WavAudio } from './parse-wav.js';

export interface ReadWavOptions {
  readonly signal?: AbortSignal | undefined;
}

/** About an hour and a half of 16-bit stereo at 48 kHz: what is longer does not belong into memory at once. */
const MAX_FILE_BYTES = 1024 ** 3;

/** Reads a WAV file as `parseWav` does, and explains a path that is not one. Rejects with the reason of an aborted `signal`. */
export async function readWav(path: string, { signal }: ReadWavOptions = {}): Promise<WavAudio> {
  signal?.throwIfAborted();
  return parseWav(await readWhole(path, signal), { file: path });
}

async function readWhole(file: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const stats = await stat(file).catch((cause) => {
    throw readError(file, cause);
  });
  const kind = otherKind(stats);
  if (kind) throw new AudioError('AUDIO_FILE_NOT_REGULAR', { file, kind });
  if (stats.size > MAX_FILE_BYTES) {
    throw new AudioError('AUDIO_WAV_TOO_LARGE', { file, bytes: stats.size, maxBytes: MAX_FILE_BYTES });
  }
  signal?.throwIfAborted();
  return readFile(file, signal ? { signal } : {}).catch((cause) => {
    signal?.throwIfAborted();
    throw readError(file, cause);
  });
}
