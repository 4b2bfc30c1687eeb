import type { Frame } from '@tiercel/audio';
import type { Clock } from '../clock/index.js';
import type { AudioOutput, AudioOutputFeatures, PlayoutProgress } from './audio-output.js';
import { PlayoutAttempt } from './playout-attempt.js';
import type { PlayoutSink } from './playout-sink.js';

export interface PlayoutOptions {
  readonly features: AudioOutputFeatures;
  readonly sink: PlayoutSink;
  readonly clock: Clock;
  /**
   * How long before they have sounded samples go to a paced sink: 0 (default) where samples are final once written, as in a
   * file; the length of its buffer for a device, which else runs dry.
   */
  readonly leadMs?: number;
}

/** Hides the click of a reply that is cut without a word from its caller. */
const FADE_MS = 8;

/** The rules of `AudioOutput` over any sink: attempts, pacing, pause, fade, progress. A provider adds the sink. */
export class Playout implements AudioOutput {
  readonly features: AudioOutputFeatures;
  readonly #options: PlayoutOptions;
  #latest = -1;
  #current: PlayoutAttempt | undefined;
  #droppedAttempts = 0;
  #droppedFrames = 0;

  constructor(options: PlayoutOptions) {
    this.features = options.features;
    this.#options = options;
  }

  async *play(
    frames: AsyncIterable<Frame>,
    { attempt, signal }: { readonly attempt: number; readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<PlayoutProgress, void, undefined> {
    signal?.throwIfAborted();
    if (attempt <= this.#latest) {
      this.#droppedAttempts++;
      await frames[Symbol.asyncIterator]().return?.();
      return;
    }
    const previous = this.#current;
    const current = this.#begin(attempt);
    const stop = () => current.end(FADE_MS);
    signal?.addEventListener('abort', stop, { once: true });
    const running = this.#replace(previous, current, frames);
    try {
      yield* current.progress;
    } finally {
      signal?.removeEventListener('abort', stop);
      current.end(FADE_MS);
      await running;
    }
    signal?.throwIfAborted();
  }

  async clear({ fadeMs }: { readonly fadeMs: number }): Promise<PlayoutProgress> {
    if (this.#current) return this.#current.end(fadeMs);
    return { attempt: Math.max(0, this.#latest), samples: 0, timeMs: this.#options.clock.nowMs() };
  }

  async pause(): Promise<void> {
    this.#current?.pause();
  }

  async resume(): Promise<void> {
    this.#current?.resume();
  }

  async dropped(): Promise<{ readonly attempts: number; readonly frames: number }> {
    return { attempts: this.#droppedAttempts, frames: this.#droppedFrames };
  }

  /** Ends what plays and waits until the sink is done with it. */
  async close(): Promise<void> {
    this.#latest = Number.MAX_SAFE_INTEGER;
    this.#current?.end(FADE_MS);
    await this.#current?.whenOver;
  }

  #begin(attempt: number): PlayoutAttempt {
    const { sink, clock, features, leadMs = 0 } = this.#options;
    const { sampleRateHz, isPaced } = features;
    this.#latest = attempt;
    this.#current = new PlayoutAttempt({ attempt, sink, clock, sampleRateHz, isPaced, leadMs });
    return this.#current;
  }

  async #replace(
    previous: PlayoutAttempt | undefined,
    current: PlayoutAttempt,
    frames: AsyncIterable<Frame>,
  ): Promise<void> {
    if (previous) {
      this.#droppedFrames += previous.bufferedFrames;
      previous.end(FADE_MS);
      await previous.whenOver;
    }
    await current.run(frames);
  }
}
