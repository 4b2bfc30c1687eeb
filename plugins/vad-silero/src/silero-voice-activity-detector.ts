import type { Frame } from '@tiercel/audio';
import {
  type DetectOptions,
  type VoiceActivityDetector,
  VoiceActivityError,
  type VoiceActivityEvent,
  type VoiceActivityFeatures,
} from '@tiercel/capabilities/voice-activity-detector';
import { untilAborted } from '@tiercel/sherpa';
import type { DetectorPool } from './detector-pool.js';
import { SpeechEdges, type SpeechEdgesOptions } from './speech-edges.js';

/** Silero VAD: one detector per stream, exact windows, on the calling thread (0.3 ms per window). */
export class SileroVoiceActivityDetector implements VoiceActivityDetector {
  readonly features: VoiceActivityFeatures;
  readonly #pool: DetectorPool;
  readonly #options: SpeechEdgesOptions;

  constructor(pool: DetectorPool, options: SpeechEdgesOptions) {
    const { windowSize, sampleRateHz } = options;
    this.features = { windowSize, sampleRateHz };
    this.#pool = pool;
    this.#options = options;
  }

  async *detect(
    frames: AsyncIterable<Frame>,
    { signal }: DetectOptions = {},
  ): AsyncGenerator<VoiceActivityEvent, undefined, undefined> {
    signal?.throwIfAborted();
    const detector = this.#pool.borrow();
    try {
      const edges = new SpeechEdges(detector, this.#options);
      for await (const frame of untilAborted(frames, signal)) {
        this.#check(frame);
        yield* edges.push(frame);
      }
      yield* edges.finish();
      return undefined;
    } finally {
      this.#pool.giveBack(detector);
    }
  }

  #check({ pcm, sampleRateHz }: Frame): void {
    const { windowSize, sampleRateHz: expectedRateHz } = this.features;
    const samples = pcm.length;
    if (samples === windowSize && sampleRateHz === expectedRateHz) return;
    throw new VoiceActivityError('VOICE_ACTIVITY_WINDOW_WRONG', {
      samples,
      sampleRateHz,
      windowSize,
      expectedRateHz,
    });
  }
}
