import { VoiceActivityError } from '@tiercel/capabilities/voice-activity-detector';
import type { Vad } from '@tiercel/sherpa';

export interface DetectorPoolOptions {
  /** Makes a detector; blocks for some 20 ms. */
  create(): Vad;
  readonly limit: number;
}

/** Detectors that wait for the next stream; making one blocks, and each follows one stream only. */
export class DetectorPool {
  readonly #options: DetectorPoolOptions;
  readonly #free: Vad[] = [];
  #lent = 0;

  constructor(options: DetectorPoolOptions) {
    this.#options = options;
  }

  /** Throws VOICE_ACTIVITY_OVERLOADED when all are lent. Whoever borrows gives back. */
  borrow(): Vad {
    const { limit } = this.#options;
    if (this.#lent >= limit) {
      throw new VoiceActivityError('VOICE_ACTIVITY_OVERLOADED', { streams: this.#lent, limit });
    }
    const detector = this.#free.pop() ?? this.#options.create();
    this.#lent += 1;
    return detector;
  }

  giveBack(detector: Vad): void {
    this.#lent -= 1;
    detector.reset();
    this.#free.push(detector);
  }
}
