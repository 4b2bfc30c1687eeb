import { describe, expect, it } from '@jest/globals';
import { wavHeader } from './wav-header.js';

describe('wavHeader', () => {
  it('says rate, channels and size in 44 bytes', () => {
    const hex = Buffer.from(wavHeader({ sampleRateHz: 16_000 }, 1000)).toString('hex');

    expect(hex).toBe(
      '524946460c04000057415645666d74201000000001000100803e0000007d00000200100064617461e8030000',
    );
  });

  it('says "unknown" for a stream', () => {
    const view = new DataView(wavHeader({ sampleRateHz: 48_000, channels: 2 }).buffer);

    expect([view.getUint32(4, true), view.getUint32(40, true)]).toEqual([0xffff_ffff, 0xffff_ffff]);
  });

  it('refuses more samples than its size field can count', () => {
    expect(() => wavHeader({ sampleRateHz: 16_000 }, 2 ** 32)).toThrow(
      expect.objectContaining({ code: 'AUDIO_ARGUMENT_INVALID' }),
    );
  });

  it('refuses a rate that no player plays', () => {
    expect(() => wavHeader({ sampleRateHz: 0 })).toThrow(
      expect.objectContaining({ code: 'AUDIO_ARGUMENT_INVALID' }),
    );
  });
});
