import type { Frame } from './frame.js';
import { checkSampleRate, checkWhole } from './limits.js';

export interface FramerOptions {
  /** Length of every frame but the last. */
  readonly frameSamples: number;
  readonly sampleRateHz: number;
  /** Position of the first sample; 0 unless the stream began elsewhere. */
  readonly position?: number;
}

/** Cuts PCM blocks of any length into frames of one length. Frames own their samples, so a block may be reused at once. */
export class Framer {
  readonly #sampleRateHz: number;
  #pending: Int16Array;
  #filled = 0;
  #position: number;
  #timeMs = 0;

  constructor({ frameSamples, sampleRateHz, position = 0 }: FramerOptions) {
    checkWhole('frameSamples', frameSamples, 1);
    checkSampleRate(sampleRateHz);
    checkWhole('position', position);
    this.#sampleRateHz = sampleRateHz;
    this.#pending = new Int16Array(frameSamples);
    this.#position = position;
  }

  /**
   * Takes the next samples of the stream and returns the frames they complete, often none.
   * @param timeMs time of the first sample in `pcm`; a frame gets its time from the block that holds its first sample
   */
  push(pcm: Int16Array, timeMs: number): Frame[] {
    const frames: Frame[] = [];
    let offset = 0;
    while (offset < pcm.length) {
      if (this.#filled === 0) this.#timeMs = timeMs + (offset * 1000) / this.#sampleRateHz;
      const taken = Math.min(pcm.length - offset, this.#pending.length - this.#filled);
      this.#pending.set(pcm.subarray(offset, offset + taken), this.#filled);
      this.#filled += taken;
      offset += taken;
      if (this.#filled === this.#pending.length) {
        const next = new Int16Array(this.#pending.length);
        frames.push(this.#emit(this.#pending));
        this.#pending = next;
      }
    }
    return frames;
  }

  /** Ends the stream: the samples that did not fill a frame, or `undefined` if there are none. */
  flush(): Frame | undefined {
    return this.#filled === 0 ? undefined : this.#emit(this.#pending.slice(0, this.#filled));
  }

  #emit(pcm: Int16Array): Frame {
    const frame = { pcm, sampleRateHz: this.#sampleRateHz, position: this.#position, timeMs: this.#timeMs };
    this.#position += pcm.length;
    this.#filled = 0;
    return frame;
  }
}
