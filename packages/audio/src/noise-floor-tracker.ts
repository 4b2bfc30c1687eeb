import { durationMs, type Frame } from './frame.js';
import { SILENCE_DBFS, toDbfs } from './level.js';
import { checkNumber } from './limits.js';

export interface NoiseFloorOptions {
  /** How far back the quietest moment counts; longer than people speak without a pause. 5000 unless given. */
  readonly memoryMs?: number;
}

/** Frames are averaged this long, so that one quiet frame between two syllables is not taken for the background. */
const SMOOTHING_MS = 60;

/** The memory moves on in this many steps. */
const STEPS = 10;

/**
 * Follows the background level of a live stream: the quietest moment of the last seconds. It falls at once when the room
 * gets quieter and rises within `memoryMs` when it gets louder; speech does not lift it, because speech has pauses.
 *
 * After R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics", IEEE
 * Transactions on Speech and Audio Processing 9(5), 2001: its minimum over sub-windows, on the whole band.
 */
export class NoiseFloorTracker {
  readonly #stepMs: number;
  #minima: number[] = [];
  #stepMinimum = Number.POSITIVE_INFINITY;
  #elapsedMs = 0;
  #power: number | undefined;

  constructor({ memoryMs = 5000 }: NoiseFloorOptions = {}) {
    checkNumber('memoryMs', memoryMs, STEPS);
    this.#stepMs = memoryMs / STEPS;
  }

  /** The background, or −120 before the first sound. A muted input (digital silence) does not count. */
  get floorDbfs(): number {
    const lowest = Math.min(this.#stepMinimum, ...this.#minima);
    return lowest === Number.POSITIVE_INFINITY ? SILENCE_DBFS : toDbfs(Math.sqrt(lowest));
  }

  /** Takes the next frame and returns the new floor. */
  update(frame: Pick<Frame, 'pcm' | 'sampleRateHz'>): number {
    const power = meanSquare(frame.pcm);
    if (power === 0) return this.floorDbfs;
    const frameMs = durationMs(frame);
    const weight = Math.min(1, frameMs / SMOOTHING_MS);
    this.#power = this.#power === undefined ? power : this.#power + weight * (power - this.#power);
    this.#stepMinimum = Math.min(this.#stepMinimum, this.#power);
    this.#elapsedMs += frameMs;
    if (this.#elapsedMs >= this.#stepMs) this.#step();
    return this.floorDbfs;
  }

  /** Forgets the room, for a stream from another place. */
  reset(): void {
    this.#minima = [];
    this.#stepMinimum = Number.POSITIVE_INFINITY;
    this.#elapsedMs = 0;
    this.#power = undefined;
  }

  #step(): void {
    this.#minima.push(this.#stepMinimum);
    if (this.#minima.length > STEPS) this.#minima.shift();
    this.#stepMinimum = Number.POSITIVE_INFINITY;
    this.#elapsedMs = 0;
  }
}

function meanSquare(pcm: Int16Array): number {
  let energy = 0;
  for (const sample of pcm) energy += (sample / 32_768) ** 2;
  return pcm.length === 0 ? 0 : energy / pcm.length;
}
