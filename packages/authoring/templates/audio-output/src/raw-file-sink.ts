import type { FileHandle } from 'node:fs/promises';
import { bytesFromInt16 } from '@tiercel/audio';
import type { PlayoutSink } from '@tiercel/capabilities/audio-output';

/** Adds samples to an open file, which belongs to whoever opened it. */
export class RawFileSink implements PlayoutSink {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(pcm: Int16Array): Promise<void> {
    await this.#file.appendFile(bytesFromInt16(pcm));
  }

  async finish(): Promise<void> {
    // What was written has sounded: there is nothing to wait for.
  }
}
