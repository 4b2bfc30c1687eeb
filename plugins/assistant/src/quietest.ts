import { rms, samplesOf } from '@tiercel/audio';

const WINDOW_MS = 20;

/** Index in the middle of the quietest 20 ms of the last `searchMs`: the least harmful place for a cut. */
export function quietestSample(pcm: Int16Array, sampleRateHz: number, searchMs: number): number {
  const window = samplesOf(WINDOW_MS, sampleRateHz);
  let best = pcm.length;
  let bestLevel = Number.POSITIVE_INFINITY;
  for (
    let start = Math.max(0, pcm.length - samplesOf(searchMs, sampleRateHz));
    start + window <= pcm.length;
    start += window
  ) {
    const level = rms(pcm.subarray(start, start + window));
    if (level >= bestLevel) continue;
    bestLevel = level;
    best = start + window / 2;
  }
  return Math.floor(best);
}
