import { AudioError } from './errors.js';
import type { Frame } from './frame.js';
import { checkNumber, checkSampleRate } from './limits.js';
import { samplesOf } from './pcm.js';

export interface PcmRingOptions {
  readonly sampleRateHz: number;
  /** How much is remembered. */
  readonly capacityMs: number;
}

/** A cut from the ring, and what of the wish it could not fulfil. */
export interface PcmSlice {
  /** A copy. */
  readonly pcm: Int16Array;
  /** Position of the first sample in `pcm`. */
  readonly position: number;
  /** Wished for, but too old: no longer in the ring, or from before the stream began. */
  readonly overwrittenSamples: number;
  /** In `pcm` as silence, because they were lost before they reached the ring. */
  readonly missingSamples: number;
  /** Wished for, but not there yet. */
  readonly pendingSamples: number;
}

/**
 * Remembers the last seconds of a stream and cuts from them by absolute position: the pre-roll before a detected speech
 * start, or a whole utterance. When it is full, the oldest samples are overwritten.
 */
export class PcmRing {
  readonly sampleRateHz: number;
  readonly #samples: Int16Array;
  readonly #gaps: { readonly from: number; readonly to: number }[] = [];
  #start = 0;
  #end = 0;
  #isEmpty = true;

  constructor({ sampleRateHz, capacityMs }: PcmRingOptions) {
    checkSampleRate(sampleRateHz);
    const dayMs = 86_400_000;
    checkNumber('capacityMs', capacityMs, 1, dayMs);
    this.sampleRateHz = sampleRateHz;
    this.#samples = new Int16Array(Math.max(1, samplesOf(capacityMs, sampleRateHz)));
  }

  /** Position of the oldest sample that is still here. */
  get startPosition(): number {
    return this.#start;
  }

  /** Position after the newest sample. */
  get endPosition(): number {
    return this.#end;
  }

  /**
   * Takes the next frame. The first one may begin at any position; where a later one skips positions, silence stands for
   * the lost samples. Throws on another rate and on positions that are already here.
   */
  write({ pcm, position, sampleRateHz }: Frame): void {
    if (sampleRateHz !== this.sampleRateHz) {
      throw new AudioError('AUDIO_RATE_MISMATCH', { expectedHz: this.sampleRateHz, actualHz: sampleRateHz });
    }
    if (this.#isEmpty) {
      this.#isEmpty = false;
      this.#start = position;
      this.#end = position;
    }
    if (position < this.#end) {
      throw new AudioError('AUDIO_POSITION_BACKWARD', { position, endPosition: this.#end });
    }
    if (position > this.#end) this.#skipTo(position);
    const kept = pcm.length > this.#samples.length ? pcm.subarray(-this.#samples.length) : pcm;
    this.#end = position + pcm.length;
    this.#store(kept, this.#end - kept.length);
    this.#forget();
  }

  /** Samples `fromPosition` up to, not including, `toPosition`, as far as they are here. */
  slice(fromPosition: number, toPosition: number): PcmSlice {
    const to = Math.max(fromPosition, toPosition);
    const position = Math.min(Math.max(fromPosition, this.#start), this.#end);
    const end = Math.min(Math.max(to, position), this.#end);
    return {
      pcm: this.#copy(position, end),
      position,
      overwrittenSamples: Math.max(0, Math.min(to, this.#start) - fromPosition),
      missingSamples: this.#missingBetween(position, end),
      pendingSamples: Math.max(0, to - Math.max(fromPosition, this.#end)),
    };
  }

  /** Forgets everything. The next frame may begin at any position. */
  reset(): void {
    this.#gaps.length = 0;
    this.#start = 0;
    this.#end = 0;
    this.#isEmpty = true;
  }

  #skipTo(position: number): void {
    this.#gaps.push({ from: this.#end, to: position });
    const from = Math.max(this.#end, position - this.#samples.length);
    const offset = from % this.#samples.length;
    const length = position - from;
    this.#samples.fill(0, offset, Math.min(offset + length, this.#samples.length));
    this.#samples.fill(0, 0, Math.max(0, offset + length - this.#samples.length));
    this.#end = position;
  }

  #store(pcm: Int16Array, position: number): void {
    const offset = position % this.#samples.length;
    const untilWrap = Math.min(pcm.length, this.#samples.length - offset);
    this.#samples.set(pcm.subarray(0, untilWrap), offset);
    this.#samples.set(pcm.subarray(untilWrap), 0);
  }

  #forget(): void {
    this.#start = Math.max(this.#start, this.#end - this.#samples.length);
    while (this.#gaps[0] && this.#gaps[0].to <= this.#start) this.#gaps.shift();
  }

  #copy(from: number, to: number): Int16Array {
    const offset = from % this.#samples.length;
    const end = offset + to - from;
    if (end <= this.#samples.length) return this.#samples.slice(offset, end);
    const pcm = new Int16Array(to - from);
    const untilWrap = this.#samples.length - offset;
    pcm.set(this.#samples.subarray(offset));
    pcm.set(this.#samples.subarray(0, end - this.#samples.length), untilWrap);
    return pcm;
  }

  #missingBetween(from: number, to: number): number {
    let missing = 0;
    for (const gap of this.#gaps) missing += Math.max(0, Math.min(gap.to, to) - Math.max(gap.from, from));
    return missing;
  }
}
