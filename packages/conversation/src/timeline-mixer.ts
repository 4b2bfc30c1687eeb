import type { WavFile } from '@tiercel/audio';

export interface TimelineMixerOptions {
  readonly wav: Pick<WavFile, 'write'>;
  readonly sampleRateHz: number;
  /** Longest stretch in which nothing sounds; what is longer is shortened to it. */
  readonly maxGapMs: number;
}

/** What may still change: sounds arrive late and out of order by less than this. */
const WINDOW_MS = 8000;

/** Older than this is written. */
const SETTLED_MS = 3000;

/** Smaller writes are not worth a trip to the disk. */
const BLOCK_MS = 500;

/** Adds sounds up on one timeline and writes it to a file as it grows, with a window of some seconds in memory. */
export class TimelineMixer {
  readonly #options: TimelineMixerOptions;
  readonly #sums: Int32Array;
  /** Time of sample 0; moved on where a gap is shortened. */
  #originMs: number | undefined;
  #written = 0;
  #end = 0;
  #lost = 0;
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: TimelineMixerOptions) {
    this.#options = options;
    this.#sums = new Int32Array(Math.ceil((options.sampleRateHz * WINDOW_MS) / 1000));
  }

  /** Samples that came too late, or while the disk could not keep up. */
  get lost(): number {
    return this.#lost;
  }

  /** Place on the timeline of what sounds at `timeMs`. */
  sampleAt(timeMs: number): number {
    const { sampleRateHz, maxGapMs } = this.#options;
    this.#originMs ??= timeMs;
    const sample = Math.round(((timeMs - this.#originMs) * sampleRateHz) / 1000);
    const surplus = sample - this.#end - Math.round((maxGapMs * sampleRateHz) / 1000);
    if (surplus <= 0) return sample;
    this.#originMs += (surplus * 1000) / sampleRateHz;
    return sample - surplus;
  }

  add(pcm: Int16Array, sample: number): void {
    const size = this.#sums.length;
    const end = sample + pcm.length;
    if (end > this.#written + size) this.#settle(end - size);
    const from = Math.max(sample, this.#written);
    const to = Math.min(end, this.#written + size);
    this.#lost += pcm.length - Math.max(0, to - from);
    const sums = this.#sums;
    let slot = from % size;
    for (const value of pcm.subarray(from - sample, Math.max(from, to) - sample)) {
      // The slot is inside the array, so the read is a number.
      sums[slot] = (sums[slot] as number) + value;
      slot = slot + 1 === size ? 0 : slot + 1;
    }
    this.#end = Math.max(this.#end, to);
    const { sampleRateHz } = this.#options;
    const settled = this.#end - Math.round((SETTLED_MS * sampleRateHz) / 1000);
    if (settled - this.#written >= (BLOCK_MS * sampleRateHz) / 1000) this.#settle(settled);
  }

  /** Writes the rest; throws the first failure of the file. */
  async finish(): Promise<void> {
    await this.#writing;
    this.#settle(this.#end);
    await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }

  /** Hands everything before `sample` to the file, unless the file is still busy with the block before. */
  #settle(sample: number): void {
    if (this.#writing || this.#failure || sample <= this.#written) return;
    const length = Math.min(sample - this.#written, this.#sums.length);
    const pcm = new Int16Array(length);
    for (let index = 0; index < length; index++) {
      const slot = (this.#written + index) % this.#sums.length;
      const sum = this.#sums[slot] as number;
      pcm[index] = Math.min(32_767, Math.max(-32_768, sum));
      this.#sums[slot] = 0;
    }
    this.#written += length;
    this.#end = Math.max(this.#end, this.#written);
    this.#writing = this.#options.wav
      .write(pcm)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#writing = undefined;
      });
  }
}
