import { openWavFile, silence, type WavFile } from '@tiercel/audio';
import { Playout, type PlayoutSink } from '@tiercel/capabilities/audio-output';
import type { Clock } from '@tiercel/capabilities/clock';

export interface FileAudioOutputOptions {
  /** Empty plays into nothing. */
  readonly file: string;
  readonly sampleRateHz: number;
  readonly isPaced: boolean;
  readonly maxGapMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Creates the file at once, so that a bad path shows before anybody speaks. The caller disposes of the output. */
export async function openFileAudioOutput(options: FileAudioOutputOptions): Promise<FileAudioOutput> {
  const { file, sampleRateHz, signal } = options;
  const wav = file === '' ? undefined : await openWavFile(file, { sampleRateHz, signal });
  return new FileAudioOutput(options, wav);
}

/** The assistant's side of a conversation as a WAV file, from its first word on; pauses between replies stay. */
export class FileAudioOutput extends Playout implements AsyncDisposable {
  readonly #wav: WavFile | undefined;

  /** @internal */
  constructor({ sampleRateHz, isPaced, maxGapMs, clock }: FileAudioOutputOptions, wav: WavFile | undefined) {
    super({
      features: { sampleRateHz, isPaced, countsPlayed: true },
      sink: wav ? new WavSink(wav, sampleRateHz, maxGapMs) : new NoSink(),
      clock,
    });
    this.#wav = wav;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.#wav?.close();
  }
}

/** Longest silence that is put together in memory. */
const BLOCK_MS = 1000;

class WavSink implements PlayoutSink {
  readonly #wav: WavFile;
  readonly #sampleRateHz: number;
  readonly #maxGapMs: number;
  #endMs: number | undefined;

  constructor(wav: WavFile, sampleRateHz: number, maxGapMs: number) {
    this.#wav = wav;
    this.#sampleRateHz = sampleRateHz;
    this.#maxGapMs = maxGapMs;
  }

  async write(pcm: Int16Array, startMs?: number): Promise<void> {
    const lengthMs = (pcm.length * 1000) / this.#sampleRateHz;
    const endMs = this.#endMs ?? startMs ?? 0;
    const beginMs = Math.max(endMs, startMs ?? endMs);
    this.#endMs = beginMs + lengthMs;
    await this.#beSilent(Math.min(beginMs - endMs, this.#maxGapMs));
    await this.#wav.write(pcm);
  }

  async finish(): Promise<void> {}

  async #beSilent(lengthMs: number): Promise<void> {
    for (let left = lengthMs; left > 0; left -= BLOCK_MS) {
      const block = silence(Math.min(left, BLOCK_MS), this.#sampleRateHz);
      if (block.length > 0) await this.#wav.write(block);
    }
  }
}

class NoSink implements PlayoutSink {
  async write(): Promise<void> {}

  async finish(): Promise<void> {}
}
