import { checkWhole } from './limits.js';
import { clampToInt16 } from './pcm.js';

/** Audio and where it begins in the mix. All tracks of a mix have one rate. */
export interface MixTrack {
  readonly pcm: Int16Array;
  readonly offsetSamples: number;
}

/**
 * Adds the tracks up, each from its offset on; where they get too loud together, they are clamped. The mix is as long as
 * the last track lasts. With one track per utterance this makes a recording of both sides of a conversation.
 */
export function mix(tracks: readonly MixTrack[]): Int16Array {
  let length = 0;
  for (const { pcm, offsetSamples } of tracks) {
    checkWhole('offsetSamples', offsetSamples);
    length = Math.max(length, offsetSamples + pcm.length);
  }
  const sums = new Int32Array(length);
  for (const { pcm, offsetSamples } of tracks) {
    let index = offsetSamples;
    // The sums are as long as the longest track, so every read is a number.
    for (const sample of pcm) sums[index] = (sums[index++] as number) + sample;
  }
  return Int16Array.from(sums, clampToInt16);
}
