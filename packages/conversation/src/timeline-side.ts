import { Resampler } from '@tiercel/audio';
import type { TimelineMixer } from './timeline-mixer.js';

/** Clocks and timers tell the time only so well; what lies closer together than this belongs together. */
const TOLERANCE_MS = 80;

/** One voice on a timeline. */
export class TimelineSide {
  readonly #mixer: TimelineMixer;
  readonly #sampleRateHz: number;
  #resampler: Resampler | undefined;
  #cursor = 0;
  #endMs = 0;

  constructor(mixer: TimelineMixer, sampleRateHz: number) {
    this.#mixer = mixer;
    this.#sampleRateHz = sampleRateHz;
  }

  /** Adds samples that began to sound at `startMs`. */
  add(pcm: Int16Array, fromHz: number, startMs: number): void {
    const follows = this.#resampler?.fromHz === fromHz && Math.abs(startMs - this.#endMs) < TOLERANCE_MS;
    if (!follows) this.#beginAt(startMs, fromHz);
    this.#endMs += (pcm.length * 1000) / fromHz;
    this.#put(this.#resampler?.process(pcm));
  }

  /** Writes what the resampler still holds: the last milliseconds. */
  end(): void {
    this.#put(this.#resampler?.flush());
    this.#resampler = undefined;
  }

  #beginAt(startMs: number, fromHz: number): void {
    this.end();
    this.#resampler = new Resampler({ fromHz, toHz: this.#sampleRateHz });
    this.#cursor = Math.max(this.#cursor, this.#mixer.sampleAt(startMs));
    this.#endMs = startMs;
  }

  #put(pcm: Int16Array | undefined): void {
    if (!pcm || pcm.length === 0) return;
    this.#mixer.add(pcm, this.#cursor);
    this.#cursor += pcm.length;
  }
}
