import { checkSampleRate } from './limits.js';
import { clampToInt16 } from './pcm.js';

export interface ResamplerOptions {
  readonly fromHz: number;
  readonly toHz: number;
}

/** Zero crossings of the sinc on either side: decides how sharp the cut at the lower half rate is, and what it costs. */
const ZERO_CROSSINGS = 40;

/** Shape of the Kaiser window: everything beyond the cut is at least 85 dB lower. */
const KAISER_BETA = 8.4;

/** Middle of the cut as a part of the lower rate, so that the cut is complete where aliasing would begin. */
const CUTOFF = 0.5 - 0.034;

/** Up to here every phase has its own row; beyond, rows are interpolated. All usual pairs are below. */
const MAX_EXACT_PHASES = 1024;

/** Rows per zero crossing where they are interpolated; the error is below −120 dB. */
const ROWS_PER_ZERO_CROSSING = 1024;

const SLICE_SAMPLES = 16_384;

interface Filter {
  readonly taps: number;
  readonly rows: number;
  readonly isExact: boolean;
  /** Row by row; one more than `rows` where they are interpolated. */
  readonly table: Float64Array;
}

/**
 * Changes the sample rate of one stream, block by block. However the stream is cut into blocks, the output is the same; it
 * has no delay, and after `flush` is `round(samples * toHz / fromHz)` long. What the lower rate cannot carry is filtered out.
 *
 * Use one resampler per stream, where audio enters or leaves: a new one for each block is heard at every join.
 *
 * A polyphase filter bank with a Kaiser-windowed sinc. After J. O. Smith, "Digital Audio Resampling Home Page",
 * https://ccrma.stanford.edu/~jos/resample/, for the interpolation; R. E. Crochiere and L. R. Rabiner, "Multirate Digital
 * Signal Processing", 1983, for the phases; J. F. Kaiser and R. W. Schafer, "On the use of the I0-sinh window for spectrum
 * analysis", IEEE Transactions on Acoustics, Speech and Signal Processing 28(1), 1980, for the window.
 */
export class Resampler {
  readonly fromHz: number;
  readonly toHz: number;
  /** Rates without their common divisor: `#down` inputs make `#up` outputs. */
  readonly #up: number;
  readonly #down: number;
  readonly #filter: Filter;
  #buffer: Float64Array;
  #filled = 0;
  /** First tap of the next output, in the buffer. */
  #first = 0;
  /** Place of the next output between two inputs, in parts of `#up`. */
  #phase = 0;
  #received = 0;
  #emitted = 0;

  constructor({ fromHz, toHz }: ResamplerOptions) {
    checkSampleRate(fromHz, 'fromHz');
    checkSampleRate(toHz, 'toHz');
    this.fromHz = fromHz;
    this.toHz = toHz;
    const divisor = greatestCommonDivisor(fromHz, toHz);
    this.#up = toHz / divisor;
    this.#down = fromHz / divisor;
    this.#filter = filterFor(this.#up, this.#down);
    this.#buffer = new Float64Array(this.#filter.taps + 4096);
    this.reset();
  }

  /**
   * Takes the next samples of the stream and returns what can be said about them already: the last milliseconds wait for
   * their successors. Floats outside [−1, 1) are taken as they are; only the output is clamped.
   */
  process(pcm: Int16Array | Float32Array): Int16Array {
    // Not instanceof: an engine's arrays may come from another realm.
    const scale = pcm.BYTES_PER_ELEMENT === 2 ? 1 : 32_768;
    if (this.#up === this.#down) return toInt16(pcm, scale);
    const output = new Int16Array(this.#countFor(pcm.length));
    let written = 0;
    for (let start = 0; start < pcm.length; start += SLICE_SAMPLES) {
      const slice = pcm.subarray(start, start + SLICE_SAMPLES);
      const count = this.#countFor(slice.length);
      this.#append(slice, scale);
      this.#render(output, written, count);
      written += count;
    }
    this.#received += pcm.length;
    return output;
  }

  /** Ends the stream and returns the rest of it. The resampler is then ready for another stream. */
  flush(): Int16Array {
    const total = Math.round((this.#received * this.toHz) / this.fromHz);
    const output = new Int16Array(this.#up === this.#down ? 0 : total - this.#emitted);
    this.#append(new Int16Array(this.#filter.taps / 2), 1);
    this.#render(output, 0, output.length);
    this.reset();
    return output;
  }

  /** Forgets the stream, for instance when playout is cut, so that nothing of it sounds in the next one. */
  reset(): void {
    this.#first = 0;
    this.#filled = this.#filter.taps / 2 - 1;
    this.#buffer.fill(0, 0, this.#filled);
    this.#phase = 0;
    this.#received = 0;
    this.#emitted = 0;
  }

  /** How many outputs have all their inputs once `added` more have come. */
  #countFor(added: number): number {
    const usable = this.#filled + added - this.#filter.taps - this.#first + 1;
    return usable <= 0 ? 0 : Math.ceil((usable * this.#up - this.#phase) / this.#down);
  }

  #append(pcm: Int16Array | Float32Array, scale: number): void {
    this.#makeRoomFor(pcm.length);
    let index = this.#filled;
    for (const sample of pcm) this.#buffer[index++] = sample * scale;
    this.#filled = index;
  }

  #makeRoomFor(added: number): void {
    if (this.#filled + added <= this.#buffer.length) return;
    const kept = this.#buffer.subarray(this.#first, this.#filled);
    const needed = kept.length + added;
    const target = needed <= this.#buffer.length ? this.#buffer : new Float64Array(needed * 2);
    target.set(kept);
    this.#buffer = target;
    this.#filled = kept.length;
    this.#first = 0;
  }

  #render(output: Int16Array, start: number, count: number): void {
    const { taps, rows, isExact, table } = this.#filter;
    const wholeStep = Math.floor(this.#down / this.#up);
    const partStep = this.#down % this.#up;
    for (let index = start; index < start + count; index++) {
      let value: number;
      if (isExact) {
        value = dotProduct(table, this.#phase * taps, this.#buffer, this.#first, taps);
      } else {
        const place = (this.#phase / this.#up) * rows;
        const row = Math.floor(place);
        const lower = dotProduct(table, row * taps, this.#buffer, this.#first, taps);
        const upper = dotProduct(table, (row + 1) * taps, this.#buffer, this.#first, taps);
        value = lower + (place - row) * (upper - lower);
      }
      output[index] = clampToInt16(Math.round(value));
      this.#first += wholeStep;
      this.#phase += partStep;
      if (this.#phase >= this.#up) {
        this.#phase -= this.#up;
        this.#first++;
      }
    }
    this.#emitted += count;
  }
}

/** A whole recording at another rate. For a stream, keep a `Resampler`. */
export function resample(pcm: Int16Array | Float32Array, fromHz: number, toHz: number): Int16Array {
  const resampler = new Resampler({ fromHz, toHz });
  const body = resampler.process(pcm);
  const tail = resampler.flush();
  const whole = new Int16Array(body.length + tail.length);
  whole.set(body);
  whole.set(tail, body.length);
  return whole;
}

function toInt16(pcm: Int16Array | Float32Array, scale: number): Int16Array {
  return Int16Array.from(pcm, (value) => clampToInt16(Math.round(value * scale)));
}

/** `taps` is a multiple of 4. Four sums, because one would make each addition wait for the last. */
function dotProduct(
  table: Float64Array,
  row: number,
  buffer: Float64Array,
  first: number,
  taps: number,
): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  // A row has `taps` entries and the buffer holds `taps` inputs from `first` on, so every read is a number.
  for (let tap = 0; tap < taps; tap += 4) {
    a += (table[row + tap] as number) * (buffer[first + tap] as number);
    b += (table[row + tap + 1] as number) * (buffer[first + tap + 1] as number);
    c += (table[row + tap + 2] as number) * (buffer[first + tap + 2] as number);
    d += (table[row + tap + 3] as number) * (buffer[first + tap + 3] as number);
  }
  return a + b + (c + d);
}

const KEPT_FILTERS = 8;
const filters = new Map<string, Filter>();

/** Filters depend on the ratio alone and take milliseconds to compute, so the latest few are kept. */
function filterFor(up: number, down: number): Filter {
  const key = `${up}/${down}`;
  const kept = filters.get(key);
  if (kept) {
    filters.delete(key);
    filters.set(key, kept);
    return kept;
  }
  const filter = makeFilter(up, down);
  filters.set(key, filter);
  if (filters.size > KEPT_FILTERS) {
    for (const oldest of filters.keys()) {
      filters.delete(oldest);
      break;
    }
  }
  return filter;
}

function makeFilter(up: number, down: number): Filter {
  const ratio = Math.min(1, up / down);
  const halfWidth = ZERO_CROSSINGS / ratio;
  const taps = 4 * Math.ceil(halfWidth / 2);
  const isExact = Math.max(up, down) <= MAX_EXACT_PHASES;
  const rows = isExact ? up : Math.ceil(ROWS_PER_ZERO_CROSSING * ratio);
  const table = new Float64Array((isExact ? rows : rows + 1) * taps);
  for (let row = 0; row * taps < table.length; row++) {
    fillRow(table.subarray(row * taps, (row + 1) * taps), row / rows, ratio, halfWidth);
  }
  return { taps, rows, isExact, table };
}

/** Weights of the inputs around an output that lies `fraction` of an input after the middle one. */
function fillRow(row: Float64Array, fraction: number, ratio: number, halfWidth: number): void {
  const middle = row.length / 2 - 1;
  let sum = 0;
  for (let tap = 0; tap < row.length; tap++) {
    const distance = tap - middle - fraction;
    const weight = sinc(2 * CUTOFF * ratio * distance) * kaiser(distance / halfWidth);
    row[tap] = weight;
    sum += weight;
  }
  // Every phase passes a constant unchanged; otherwise their differences would be heard as a tone.
  for (let tap = 0; tap < row.length; tap++) row[tap] = (row[tap] as number) / sum;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : besselI0(KAISER_BETA * Math.sqrt(1 - x * x)) / besselI0(KAISER_BETA);
}

/** Modified Bessel function of the first kind, order zero, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-15; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
