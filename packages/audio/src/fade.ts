import { checkNumber, checkSampleRate } from './limits.js';
import { samplesOf } from './pcm.js';

export interface FadeOptions {
  readonly sampleRateHz: number;
  /** 3 to 5 ms hide a join; 8 ms end a cut reply without a click. Longer than the audio means all of it. */
  readonly fadeMs: number;
}

/** Copy whose beginning rises from silence. */
export function fadeIn(pcm: Int16Array, options: FadeOptions): Int16Array {
  const faded = pcm.slice();
  const length = fadeSamples(pcm, options);
  // Indices stay below length, so every read is a number.
  for (let index = 0; index < length; index++) {
    faded[index] = Math.round((faded[index] as number) * weight(index, length));
  }
  return faded;
}

/** Copy whose end falls to silence. */
export function fadeOut(pcm: Int16Array, options: FadeOptions): Int16Array {
  const faded = pcm.slice();
  const length = fadeSamples(pcm, options);
  for (let index = 0; index < length; index++) {
    const mirrored = pcm.length - 1 - index;
    faded[mirrored] = Math.round((faded[mirrored] as number) * weight(index, length));
  }
  return faded;
}

function fadeSamples(pcm: Int16Array, { sampleRateHz, fadeMs }: FadeOptions): number {
  checkSampleRate(sampleRateHz);
  checkNumber('fadeMs', fadeMs);
  return Math.min(pcm.length, samplesOf(fadeMs, sampleRateHz));
}

/** Half a cosine: no kink at either end, where a straight line would be heard. */
function weight(index: number, length: number): number {
  return (1 - Math.cos((Math.PI * index) / length)) / 2;
}
