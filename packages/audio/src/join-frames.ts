import { AudioError } from './errors.js';
import type { Frame } from './frame.js';
import { joinPcm } from './pcm.js';

/**
 * One long frame with the position and time of the first, or `undefined` for no frames.
 * Frames are put end to end even where samples between them were lost; keep time with a `PcmRing` where that matters.
 */
export function joinFrames(frames: readonly Frame[]): Frame | undefined {
  const [first] = frames;
  if (!first) return undefined;
  const stranger = frames.find(({ sampleRateHz }) => sampleRateHz !== first.sampleRateHz);
  if (stranger) {
    throw new AudioError('AUDIO_RATE_MISMATCH', {
      expectedHz: first.sampleRateHz,
      actualHz: stranger.sampleRateHz,
    });
  }
  return { ...first, pcm: joinPcm(frames.map(({ pcm }) => pcm)) };
}
