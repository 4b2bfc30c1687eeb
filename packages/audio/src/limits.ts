import { AudioError } from './errors.js';

/** Rates outside are a mistake in the data, not audio: below telephone scanners, above any recorder. */
export const MIN_SAMPLE_RATE_HZ = 1_000;
export const MAX_SAMPLE_RATE_HZ = 768_000;

export function isSampleRate(rateHz: number): boolean {
  return Number.isInteger(rateHz) && rateHz >= MIN_SAMPLE_RATE_HZ && rateHz <= MAX_SAMPLE_RATE_HZ;
}

/** Throws AUDIO_ARGUMENT_INVALID for a rate that no stream can have. */
export function checkSampleRate(rateHz: number, name = 'sampleRateHz'): void {
  if (isSampleRate(rateHz)) return;
  const expected = `a whole number from ${MIN_SAMPLE_RATE_HZ} to ${MAX_SAMPLE_RATE_HZ}`;
  throw new AudioError('AUDIO_ARGUMENT_INVALID', { name, value: rateHz, expected });
}

/** Throws AUDIO_ARGUMENT_INVALID unless `value` is a number from `min` to `max`. */
export function checkNumber(name: string, value: number, min = 0, max = Number.MAX_VALUE): void {
  if (value >= min && value <= max) return;
  const expected =
    max === Number.MAX_VALUE ? `a number of at least ${min}` : `a number from ${min} to ${max}`;
  throw new AudioError('AUDIO_ARGUMENT_INVALID', { name, value, expected });
}

/** Throws AUDIO_ARGUMENT_INVALID unless `value` is a whole number of at least `min`. */
export function checkWhole(name: string, value: number, min = 0): void {
  if (Number.isSafeInteger(value) && value >= min) return;
  throw new AudioError('AUDIO_ARGUMENT_INVALID', {
    name,
    value,
    expected: `a whole number of at least ${min}`,
  });
}
