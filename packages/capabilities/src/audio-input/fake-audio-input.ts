import { Channel, type Frame, Framer } from '@tiercel/audio';
import type { Clock } from '../clock/index.js';
import type { AudioInput, AudioInputFeatures } from './audio-input.js';
import { AudioInputError } from './errors.js';

export interface FakeAudioInputOptions {
  /** Times the frames. Default: they are heard one after the other, from time 0. */
  readonly clock?: Clock;
  readonly echo?: AudioInputFeatures['echo'];
}

/** A source that holds what a test says into it: `say` before or during a capture, `end` when nothing more follows. */
export class FakeAudioInput implements AudioInput {
  readonly features: AudioInputFeatures;
  readonly #startMs: number;
  readonly #heard: Frame[] = [];
  readonly #framer = new Framer({ frameSamples: 512, sampleRateHz: 16_000 });
  #live: Channel<Frame> | undefined;
  #received = 0;
  #hasEnded = false;

  constructor({ clock, echo = 'none' }: FakeAudioInputOptions = {}) {
    this.features = { sampleRateHz: 16_000, frameSamples: 512, echo, isFinite: true };
    this.#startMs = clock?.nowMs() ?? 0;
  }

  /** Samples at 16 kHz, in pieces of any length. */
  say(pcm: Int16Array): void {
    this.#hear(this.#framer.push(pcm, this.#startMs + this.#received / 16));
    this.#received += pcm.length;
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const last = this.#framer.flush();
    if (last) this.#hear([last]);
    this.#live?.close();
  }

  async *capture({
    signal,
  }: {
    readonly signal?: AbortSignal | undefined;
  } = {}): AsyncGenerator<Frame, void, undefined> {
    signal?.throwIfAborted();
    if (this.#live) throw new AudioInputError('AUDIO_INPUT_BUSY', { source: 'fake' });
    const live = new Channel<Frame>({
      policy: 'drop-oldest',
      capacity: 2 ** 16,
      ...(signal && { signal }),
    });
    this.#live = live;
    try {
      for (const frame of this.#heard) live.tryPush(frame);
      if (this.#hasEnded) live.close();
      yield* live;
    } finally {
      live.close();
      this.#live = undefined;
    }
  }

  #hear(frames: readonly Frame[]): void {
    for (const frame of frames) {
      this.#heard.push(frame);
      this.#live?.tryPush(frame);
    }
  }
}
