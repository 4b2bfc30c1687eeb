import { describe, expect, it } from '@jest/globals';
import { trimLeadingSilence, trimTrailingSilence } from './trim.js';

const sampleRateHz = 16_000;
const pcm = new Int16Array(16_000);
pcm.fill(8000, 4000, 12_000);

describe('trimLeadingSilence', () => {
  it('keeps 30 ms before the sound', () => {
    expect(trimLeadingSilence(pcm, { sampleRateHz })).toHaveLength(12_000 + 480);
  });

  it('keeps as much as it is told', () => {
    const trimmed = trimLeadingSilence(pcm, { sampleRateHz, keepMs: 0 });

    expect([trimmed.length, trimmed[0]]).toEqual([12_000, 8000]);
  });

  it('adds nothing where there is less silence than it may keep', () => {
    expect(trimLeadingSilence(pcm, { sampleRateHz, keepMs: 5000 })).toHaveLength(16_000);
  });

  it('leaves nothing of silence', () => {
    expect(trimLeadingSilence(new Int16Array(16_000), { sampleRateHz })).toHaveLength(0);
  });
});

describe('trimTrailingSilence', () => {
  it('keeps 30 ms after the sound', () => {
    expect(trimTrailingSilence(pcm, { sampleRateHz })).toHaveLength(12_000 + 480);
  });

  it('leaves nothing of silence', () => {
    expect(trimTrailingSilence(new Int16Array(16_000), { sampleRateHz })).toHaveLength(0);
  });
});
