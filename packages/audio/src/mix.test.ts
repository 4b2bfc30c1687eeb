import { describe, expect, it } from '@jest/globals';
import { mix } from './mix.js';

describe('mix', () => {
  it('adds tracks from their offsets on', () => {
    const mixed = mix([
      { pcm: Int16Array.of(1, 1, 1), offsetSamples: 0 },
      { pcm: Int16Array.of(10, 10), offsetSamples: 2 },
    ]);

    expect(mixed).toEqual(Int16Array.of(1, 1, 11, 10));
  });

  it('leaves silence before the first track and between tracks', () => {
    const mixed = mix([
      { pcm: Int16Array.of(5), offsetSamples: 1 },
      { pcm: Int16Array.of(6), offsetSamples: 3 },
    ]);

    expect(mixed).toEqual(Int16Array.of(0, 5, 0, 6));
  });

  it('clamps only the sum, so that loud tracks may cancel out', () => {
    const mixed = mix([
      { pcm: Int16Array.of(30_000, 30_000), offsetSamples: 0 },
      { pcm: Int16Array.of(30_000, 30_000), offsetSamples: 0 },
      { pcm: Int16Array.of(0, -30_000), offsetSamples: 0 },
    ]);

    expect(mixed).toEqual(Int16Array.of(32_767, 30_000));
  });

  it('makes nothing of no tracks', () => {
    expect(mix([])).toHaveLength(0);
  });

  it('refuses an offset before the beginning', () => {
    expect(() => mix([{ pcm: Int16Array.of(1), offsetSamples: -1 }])).toThrow(
      expect.objectContaining({ code: 'AUDIO_ARGUMENT_INVALID' }),
    );
  });
});
