import { type AudibleOptions, firstAudibleSample, lastAudibleSample } from './level.js';
import { checkNumber } from './limits.js';
import { samplesOf } from './pcm.js';

export interface TrimOptions extends AudibleOptions {
  /** How much of the silence stays next to the sound. 30 unless given. */
  readonly keepMs?: number;
}

const KEEP_MS = 30;

/** Without the silence at the beginning. Shares memory with `pcm`; empty if nothing can be heard. */
export function trimLeadingSilence(pcm: Int16Array, options: TrimOptions): Int16Array {
  const first = firstAudibleSample(pcm, options);
  if (first === undefined) return pcm.subarray(0, 0);
  return pcm.subarray(Math.max(0, first - keptSamples(options)));
}

/** Without the silence at the end. Shares memory with `pcm`; empty if nothing can be heard. */
export function trimTrailingSilence(pcm: Int16Array, options: TrimOptions): Int16Array {
  const last = lastAudibleSample(pcm, options);
  if (last === undefined) return pcm.subarray(0, 0);
  return pcm.subarray(0, Math.min(pcm.length, last + 1 + keptSamples(options)));
}

function keptSamples({ sampleRateHz, keepMs = KEEP_MS }: TrimOptions): number {
  checkNumber('keepMs', keepMs);
  return samplesOf(keepMs, sampleRateHz);
}
