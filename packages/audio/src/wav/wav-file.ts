import { type FileHandle, open } from 'node:fs/promises';
import { AudioError } from '../errors.js';
import { checkSampleRate } from '../limits.js';
import { bytesFromInt16 } from '../pcm.js';
import { writeError } from './file-errors.js';
import { MAX_WAV_DATA_BYTES, WAV_HEADER_BYTES, type WavShape, wavHeader } from './wav-header.js';

export interface OpenWavFileOptions extends WavShape {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Creates a 16-bit WAV file, or replaces the one at `path`, to be filled bit by bit. Its header says "length unknown" until
 * `close`, so that even after a crash the file plays. The caller closes it.
 */
export async function openWavFile(path: string, options: OpenWavFileOptions): Promise<WavFile> {
  checkSampleRate(options.sampleRateHz);
  options.signal?.throwIfAborted();
  const handle = await open(path, 'w').catch((cause) => {
    throw writeError(path, cause);
  });
  try {
    await writeFully(handle, wavHeader(options), 0);
    options.signal?.throwIfAborted();
  } catch (cause) {
    await handle.close();
    options.signal?.throwIfAborted();
    throw writeError(path, cause);
  }
  return new WavFile(handle, path, options);
}

/** A WAV file that is being written. Made by `openWavFile`. */
export class WavFile implements AsyncDisposable {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #shape: WavShape;
  #dataBytes = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(handle: FileHandle, path: string, shape: WavShape) {
    this.#handle = handle;
    this.path = path;
    this.#shape = shape;
  }

  /** Length so far, including what is still on its way to the disk. */
  get durationMs(): number {
    return (this.#dataBytes * 1000) / (2 * (this.#shape.channels ?? 1) * this.#shape.sampleRateHz);
  }

  /** Appends samples (stereo: interleaved). Blocks land in the order of the calls; leave `pcm` alone until it resolves. */
  write(pcm: Int16Array): Promise<void> {
    if (this.#closing) return Promise.reject(new AudioError('AUDIO_FILE_CLOSED', { file: this.path }));
    const bytes = this.#dataBytes + pcm.byteLength;
    if (bytes > MAX_WAV_DATA_BYTES) {
      const maxBytes = MAX_WAV_DATA_BYTES;
      return Promise.reject(new AudioError('AUDIO_WAV_TOO_LARGE', { file: this.path, bytes, maxBytes }));
    }
    const position = WAV_HEADER_BYTES + this.#dataBytes;
    this.#dataBytes = bytes;
    return this.#inOrder(() => writeFully(this.#handle, bytesFromInt16(pcm), position));
  }

  /** Waits for the writes, puts the true length into the header and lets go of the file. Further calls do nothing more. */
  close(): Promise<void> {
    this.#closing ??= this.#inOrder(() =>
      writeFully(this.#handle, wavHeader(this.#shape, this.#dataBytes), 0),
    ).finally(() => this.#handle.close());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #inOrder(work: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(work).catch((cause) => {
      throw writeError(this.path, cause);
    });
    // Whoever called gets the failure; the next in line only waits for it to be over.
    this.#tail = done.catch(() => undefined);
    return done;
  }
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const rest = bytes.subarray(written);
    const { bytesWritten } = await handle.write(rest, 0, rest.length, position + written);
    written += bytesWritten;
  }
}
