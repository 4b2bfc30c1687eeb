import { type Frame, Framer, Resampler, samplesOf } from '@tiercel/audio';
import type { Recording } from '@tiercel/conversation';

/** Whole recordings are converted piece by piece, so that an interruption is noticed. */
const BLOCK_MS = 500;

/** A recording as frames at another rate; only the last may be shorter. */
export async function* framesOf(
  { pcm, sampleRateHz }: Recording,
  toHz: number,
  frameSamples = samplesOf(32, toHz),
): AsyncGenerator<Frame, void, undefined> {
  const resampler = new Resampler({ fromHz: sampleRateHz, toHz });
  const framer = new Framer({ frameSamples, sampleRateHz: toHz });
  const step = samplesOf(BLOCK_MS, sampleRateHz);
  for (let start = 0; start < pcm.length; start += step) {
    const timeMs = (start * 1000) / sampleRateHz;
    yield* framer.push(resampler.process(pcm.subarray(start, start + step)), timeMs);
  }
  yield* framer.push(resampler.flush(), (pcm.length * 1000) / sampleRateHz);
  const last = framer.flush();
  if (last) yield last;
}
