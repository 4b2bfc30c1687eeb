import { type Frame, joinPcm, samplesOf } from '@tiercel/audio';
import type { VoiceActivityDetector } from '@tiercel/capabilities/voice-activity-detector';
import type { Recording } from '@tiercel/conversation';
import { framesOf } from './frames.js';

export interface ShortenPausesOptions {
  readonly signal: AbortSignal;
}

/** Kept at either side of speech, because a detector misses soft beginnings and ends. */
const KEPT_MS = 400;

/**
 * The same recording without the middle of its long pauses. A batch recogniser that meets several sentences with long
 * pauses between them, such as both sides of a conversation, is apt to write only one; without the pauses it writes all.
 * What holds a single stretch of speech, or none, stays as it is.
 */
export async function shortenPauses(
  recording: Recording,
  detector: VoiceActivityDetector,
  { signal }: ShortenPausesOptions,
): Promise<Recording> {
  const { pcm, sampleRateHz } = recording;
  const scale = sampleRateHz / detector.features.sampleRateHz;
  const kept = samplesOf(KEPT_MS, sampleRateHz);
  const stretches: { start: number; end: number }[] = [];
  for await (const { type, position } of detector.detect(windowsOf(recording, detector), { signal })) {
    const sample = Math.round(position * scale);
    const last = stretches.at(-1);
    if (last && (type === 'speech-end' || sample - kept <= last.end)) last.end = sample + kept;
    else stretches.push({ start: Math.max(0, sample - kept), end: sample + kept });
  }
  if (stretches.length < 2) return recording;
  return { ...recording, pcm: joinPcm(stretches.map(({ start, end }) => pcm.subarray(start, end))) };
}

/** A detector takes nothing but whole windows. */
async function* windowsOf(
  recording: Recording,
  { features }: VoiceActivityDetector,
): AsyncGenerator<Frame, void, undefined> {
  for await (const frame of framesOf(recording, features.sampleRateHz, features.windowSize)) {
    if (frame.pcm.length === features.windowSize) yield frame;
  }
}
