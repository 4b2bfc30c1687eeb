import { describe, expect, it } from '@jest/globals';
import { joinFrames } from './join-frames.js';

const frame = (position: number, pcm: Int16Array, sampleRateHz = 16_000) => ({
  pcm,
  sampleRateHz,
  position,
  timeMs: position / 16,
});

describe('joinFrames', () => {
  it('makes one frame that begins where the first begins', () => {
    const joined = joinFrames([frame(32, Int16Array.of(1, 2)), frame(34, Int16Array.of(3))]);

    expect(joined).toEqual(frame(32, Int16Array.of(1, 2, 3)));
  });

  it('closes gaps', () => {
    const joined = joinFrames([frame(0, Int16Array.of(1)), frame(900, Int16Array.of(2))]);

    expect(joined?.pcm).toEqual(Int16Array.of(1, 2));
  });

  it('makes nothing of no frames', () => {
    expect(joinFrames([])).toBeUndefined();
  });

  it('refuses to mix rates', () => {
    expect(() => joinFrames([frame(0, Int16Array.of(1)), frame(1, Int16Array.of(2), 8000)])).toThrow(
      expect.objectContaining({
        code: 'AUDIO_RATE_MISMATCH',
        details: { expectedHz: 16_000, actualHz: 8000 },
      }),
    );
  });
});
