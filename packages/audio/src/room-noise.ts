import { fromDbfs } from './level.js';

export interface RoomNoiseOptions {
  readonly levelDbfs: number;
  /** Equal seeds make equal noise. */
  readonly seed?: number;
}

/** How much of the last value stays: low frequencies outweigh high ones, as in a quiet room. */
const SMOOTHING = 0.9;

/**
 * Quiet noise without an end, the same on each run. Detectors and recognisers are made for rooms: digital zeros around
 * speech make them invent words and miss edges.
 */
export class RoomNoise {
  readonly #amplitude: number;
  #state: number;
  #last = 0;

  constructor({ levelDbfs, seed = 1 }: RoomNoiseOptions) {
    // Smoothing and the even distribution both lower the level; this brings it back.
    const loss = Math.sqrt((1 - SMOOTHING) / (1 + SMOOTHING) / 3);
    this.#amplitude = (fromDbfs(levelDbfs) * 32_768) / loss;
    this.#state = seed >>> 0 || 1;
  }

  next(samples: number): Int16Array {
    const pcm = new Int16Array(samples);
    for (let index = 0; index < samples; index++) {
      this.#last = SMOOTHING * this.#last + (1 - SMOOTHING) * this.#random() * this.#amplitude;
      pcm[index] = Math.round(this.#last);
    }
    return pcm;
  }

  /** Evenly distributed in [−1, 1): G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003. */
  #random(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state / 2 ** 31;
  }
}
