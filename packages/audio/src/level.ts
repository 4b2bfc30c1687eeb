import { checkNumber, checkSampleRate } from './limits.js';
import { clampToInt16, samplesOf } from './pcm.js';

/** Stands for digital silence, and is the least that any function here returns. */
export const SILENCE_DBFS = -120;

/** From here on a person hears it: the threshold of our latency figures. */
const AUDIBLE_DBFS = -50;

/** The ear, and our latency figures, judge loudness over this long. */
const WINDOW_MS = 10;

const FULL_SCALE = 32_768;

export interface AudibleOptions {
  readonly sampleRateHz: number;
  /**
   * Level that 10 ms must reach to count as audible, −50 unless given. For a recording with noise, take
   * `noiseFloorDbfs(pcm, …)` plus a margin: 12 dB in our recordings.
   */
  readonly thresholdDbfs?: number;
}

/** Root mean square as a part of full scale, 0 to 1. 0 for no samples. */
export function rms(pcm: Int16Array): number {
  if (pcm.length === 0) return 0;
  let energy = 0;
  for (const sample of pcm) energy += sample * sample;
  return Math.sqrt(energy / pcm.length) / FULL_SCALE;
}

/** Largest magnitude as a part of full scale, 0 to 1. */
export function peak(pcm: Int16Array): number {
  let largest = 0;
  for (const sample of pcm) largest = Math.max(largest, Math.abs(sample));
  return largest / FULL_SCALE;
}

/** A part of full scale in decibels: 1 is 0 dBFS, and a full-scale sine (its RMS) −3.01. */
export function toDbfs(partOfFullScale: number): number {
  return partOfFullScale > 0 ? Math.max(SILENCE_DBFS, 20 * Math.log10(partOfFullScale)) : SILENCE_DBFS;
}

/** Inverse of `toDbfs`. */
export function fromDbfs(dbfs: number): number {
  return 10 ** (dbfs / 20);
}

/** RMS level of the samples. */
export function levelDbfs(pcm: Int16Array): number {
  return toDbfs(rms(pcm));
}

/** Index of the first sample that can be heard: where the first loud enough 10 ms rise, or `undefined` if none are. */
export function firstAudibleSample(
  pcm: Int16Array,
  { sampleRateHz, thresholdDbfs = AUDIBLE_DBFS }: AudibleOptions,
): number | undefined {
  checkSampleRate(sampleRateHz);
  const threshold = fromDbfs(thresholdDbfs) * FULL_SCALE;
  const window = Math.min(pcm.length, samplesOf(WINDOW_MS, sampleRateHz));
  const needed = threshold * threshold * window;
  let energy = 0;
  // Indices below stay inside the array, so every read is a number.
  for (let end = 0; end < pcm.length; end++) {
    energy += (pcm[end] as number) ** 2;
    if (end >= window) energy -= (pcm[end - window] as number) ** 2;
    if (end < window - 1 || energy < needed || energy === 0) continue;
    let index = end - window + 1;
    while (index < end && Math.abs(pcm[index] as number) < threshold) index++;
    return index;
  }
  return undefined;
}

/**
 * Index of the last sample that can be heard, or `undefined` if there is none. With a threshold just above the noise this
 * is the true end of speech in a recording, from which latency is counted: a detector's edge comes 0.2 s later.
 */
export function lastAudibleSample(pcm: Int16Array, options: AudibleOptions): number | undefined {
  const mirrored = firstAudibleSample(pcm.slice().reverse(), options);
  return mirrored === undefined ? undefined : pcm.length - 1 - mirrored;
}

/**
 * Level of the background: the loudest of the quietest tenth of all 10 ms windows. Needs a recording whose speaker pauses;
 * for a live stream, use `NoiseFloorTracker`.
 */
export function noiseFloorDbfs(
  pcm: Int16Array,
  { sampleRateHz }: Pick<AudibleOptions, 'sampleRateHz'>,
): number {
  checkSampleRate(sampleRateHz);
  const window = Math.max(1, Math.min(pcm.length, samplesOf(WINDOW_MS, sampleRateHz)));
  const levels: number[] = [];
  for (let start = 0; start + window <= pcm.length; start += window) {
    levels.push(levelDbfs(pcm.subarray(start, start + window)));
  }
  levels.sort((a, b) => a - b);
  return levels[Math.floor(levels.length / 10)] ?? SILENCE_DBFS;
}

/** Changes the level; what gets too loud is clamped. Returns a copy. */
export function gain(pcm: Int16Array, gainDb: number): Int16Array {
  checkNumber('gainDb', gainDb, -200, 200);
  const factor = fromDbfs(gainDb);
  const louder = new Int16Array(pcm.length);
  let index = 0;
  for (const sample of pcm) louder[index++] = clampToInt16(Math.round(sample * factor));
  return louder;
}
