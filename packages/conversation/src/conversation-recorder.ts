import { type Frame, openWavFile, type WavFile } from '@tiercel/audio';
import type { AudioInput } from '@tiercel/capabilities/audio-input';
import type { AudioOutput, PlayoutProgress } from '@tiercel/capabilities/audio-output';
import { PlayedSamples } from './played-samples.js';
import { TimelineMixer } from './timeline-mixer.js';
import { TimelineSide } from './timeline-side.js';

export interface OpenConversationRecorderOptions {
  /** Default 22,050, the rate of the shipped voice. */
  readonly sampleRateHz?: number;
  /** Longest silence that is kept. Default 5000. */
  readonly maxGapMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Creates `file`, or replaces it, for a recording of both sides of a conversation: one mono WAV in which both sound when
 * and as loud as they did. The caller closes it.
 */
export async function openConversationRecorder(
  file: string,
  { sampleRateHz = 22_050, maxGapMs = 5000, signal }: OpenConversationRecorderOptions = {},
): Promise<ConversationRecorder> {
  const wav = await openWavFile(file, { sampleRateHz, signal });
  return new ConversationRecorder(wav, new TimelineMixer({ wav, sampleRateHz, maxGapMs }), sampleRateHz);
}

/** Records what passes through the input and output that it wraps. Made by `openConversationRecorder`. */
export class ConversationRecorder implements AsyncDisposable {
  readonly #wav: WavFile;
  readonly #mixer: TimelineMixer;
  readonly #person: TimelineSide;
  readonly #assistant: TimelineSide;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(wav: WavFile, mixer: TimelineMixer, sampleRateHz: number) {
    this.#wav = wav;
    this.#mixer = mixer;
    this.#person = new TimelineSide(mixer, sampleRateHz);
    this.#assistant = new TimelineSide(mixer, sampleRateHz);
  }

  get file(): string {
    return this.#wav.path;
  }

  /** The same input; what it hears is recorded. */
  recordInput(input: AudioInput): AudioInput {
    return { features: input.features, capture: (options) => this.#overhear(input.capture(options)) };
  }

  /** The same output; what was played of it is recorded, and nothing that was not. */
  recordOutput(output: AudioOutput): AudioOutput {
    return {
      features: output.features,
      play: (frames, options) => this.#follow(output, frames, options),
      clear: (options) => output.clear(options),
      pause: () => output.pause(),
      resume: () => output.resume(),
      dropped: () => output.dropped(),
    };
  }

  /** Writes the rest and lets go of the file. Throws if anything could not be written. Further calls do nothing more. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#person.end();
    this.#assistant.end();
    try {
      await this.#mixer.finish();
    } finally {
      await this.#wav.close();
    }
  }

  async *#overhear(frames: AsyncIterable<Frame>): AsyncGenerator<Frame, void, undefined> {
    for await (const frame of frames) {
      if (!this.#closing) this.#person.add(frame.pcm, frame.sampleRateHz, frame.timeMs);
      yield frame;
    }
  }

  async *#follow(
    output: AudioOutput,
    frames: AsyncIterable<Frame>,
    options: { readonly attempt: number; readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<PlayoutProgress, void, undefined> {
    const given = new PlayedSamples();
    for await (const progress of output.play(given.passOn(frames), options)) {
      const { pcm, sampleRateHz } = given.take(progress.samples);
      const startMs = progress.timeMs - (pcm.length * 1000) / sampleRateHz;
      if (pcm.length > 0 && !this.#closing) this.#assistant.add(pcm, sampleRateHz, startMs);
      yield progress;
    }
  }
}
