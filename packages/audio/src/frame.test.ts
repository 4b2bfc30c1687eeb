import { describe, expect, it } from '@jest/globals';
import { durationMs } from './frame.js';

describe('durationMs', () => {
  it('follows from the number of samples and the rate', () => {
    expect(durationMs({ pcm: new Int16Array(512), sampleRateHz: 16_000 })).toBe(32);
  });

  it('is 0 for a frame without samples', () => {
    expect(durationMs({ pcm: new Int16Array(0), sampleRateHz: 16_000 })).toBe(0);
  });
});
