import {
  type Frame,
  fadeIn,
  fadeOut,
  firstAudibleSample,
  joinPcm,
  trimLeadingSilence,
  trimTrailingSilence,
} from '@tiercel/audio';

/** Hides the join between two units. */
const FADE_MS = 4;

/**
 * The sound of one unit without the silence around it, as it is being made. What the voice puts before and after differs
 * from unit to unit; the gaps are ours. Holds back silence, and the last sound, until it is known what follows.
 */
export async function* unitAudio(frames: AsyncIterable<Frame>): AsyncGenerator<Int16Array, void, undefined> {
  let held: Frame[] = [];
  let isStarted = false;
  for await (const frame of frames) {
    if (firstAudibleSample(frame.pcm, frame) === undefined) {
      held.push(frame);
      // Before the first sound only its run-up is of use.
      if (!isStarted) held = held.slice(-2);
      continue;
    }
    const { sampleRateHz } = frame;
    const earlier = joinPcm(held.map(({ pcm }) => pcm));
    held = [frame];
    if (isStarted) {
      if (earlier.length > 0) yield earlier;
      continue;
    }
    isStarted = true;
    const start = trimLeadingSilence(joinPcm([earlier, frame.pcm]), { sampleRateHz });
    held = [{ ...frame, pcm: fadeIn(start, { sampleRateHz, fadeMs: FADE_MS }) }];
  }
  const [last] = held;
  if (!isStarted || !last) return;
  const options = { sampleRateHz: last.sampleRateHz, fadeMs: FADE_MS };
  yield fadeOut(trimTrailingSilence(joinPcm(held.map(({ pcm }) => pcm)), options), options);
}
