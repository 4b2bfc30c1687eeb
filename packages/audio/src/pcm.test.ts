import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  bytesFromInt16,
  downMix,
  float32ToInt16,
  int16FromBytes,
  int16ToFloat32,
  interleave,
  joinPcm,
  silence,
} from './pcm.js';

describe('int16ToFloat32', () => {
  it('maps the lowest sample to −1 and the highest just below 1', () => {
    const floats = int16ToFloat32(Int16Array.of(-32_768, 0, 16_384, 32_767));

    expect(Array.from(floats)).toEqual([-1, 0, 0.5, 32_767 / 32_768]);
  });

  it('is undone by float32ToInt16 for every sample', () => {
    fc.assert(
      fc.property(fc.int16Array(), (pcm) => {
        expect(float32ToInt16(int16ToFloat32(pcm))).toEqual(pcm);
      }),
    );
  });
});

describe('float32ToInt16', () => {
  it('rounds to the nearest sample', () => {
    expect(float32ToInt16(Float32Array.of(0.6 / 32_768, -0.6 / 32_768, 1.4 / 32_768))).toEqual(
      Int16Array.of(1, -1, 1),
    );
  });

  it('clamps what is too loud instead of letting it wrap around', () => {
    expect(float32ToInt16(Float32Array.of(1, 7, -1, -7, Number.POSITIVE_INFINITY))).toEqual(
      Int16Array.of(32_767, 32_767, -32_768, -32_768, 32_767),
    );
  });

  it('turns NaN into silence', () => {
    expect(float32ToInt16(Float32Array.of(Number.NaN))).toEqual(Int16Array.of(0));
  });
});

describe('int16FromBytes', () => {
  it('reads little-endian samples', () => {
    expect(int16FromBytes(Uint8Array.of(1, 0, 0xff, 0xff))).toEqual(Int16Array.of(1, -1));
  });

  it('honours the offset of a view and shares its memory', () => {
    const bytes = Uint8Array.of(9, 9, 1, 0, 2, 0);

    const pcm = int16FromBytes(bytes.subarray(2));
    bytes[2] = 5;

    expect(pcm).toEqual(Int16Array.of(5, 2));
  });

  it('copies from an odd address', () => {
    const pcm = int16FromBytes(Uint8Array.of(9, 1, 0, 2, 0).subarray(1));

    expect(pcm).toEqual(Int16Array.of(1, 2));
  });

  it('copies a Buffer at an odd address of its pool', () => {
    const buffer = Buffer.from([9, 1, 0, 2, 0]).subarray(1);

    expect(int16FromBytes(buffer)).toEqual(Int16Array.of(1, 2));
  });

  it('ignores half a sample at the end', () => {
    expect(int16FromBytes(Uint8Array.of(1, 0, 2))).toEqual(Int16Array.of(1));
  });

  it('is undone by bytesFromInt16', () => {
    fc.assert(
      fc.property(fc.int16Array(), (pcm) => {
        expect(int16FromBytes(bytesFromInt16(pcm))).toEqual(pcm);
      }),
    );
  });
});

describe('downMix', () => {
  it('averages both sides of stereo', () => {
    expect(downMix(Int16Array.of(100, 200, -100, -300), 2)).toEqual(Int16Array.of(150, -200));
  });

  it('does not overflow at full scale', () => {
    expect(downMix(Int16Array.of(32_767, 32_767, -32_768, -32_768), 2)).toEqual(
      Int16Array.of(32_767, -32_768),
    );
  });

  it('copies mono', () => {
    const mono = Int16Array.of(1, 2);

    const mixed = downMix(mono, 1);

    expect(mixed).toEqual(mono);
    expect(mixed).not.toBe(mono);
  });

  it('ignores an incomplete last group', () => {
    expect(downMix(Int16Array.of(1, 1, 5), 2)).toEqual(Int16Array.of(1));
  });

  it('refuses to mix no channels', () => {
    expect(() => downMix(Int16Array.of(1), 0)).toThrow(
      expect.objectContaining({ code: 'AUDIO_ARGUMENT_INVALID' }),
    );
  });
});

describe('interleave', () => {
  it('puts left before right and fills the shorter side with silence', () => {
    expect(interleave(Int16Array.of(1, 2, 3), Int16Array.of(7))).toEqual(Int16Array.of(1, 7, 2, 0, 3, 0));
  });
});

describe('joinPcm', () => {
  it('puts blocks end to end, empty ones included', () => {
    expect(joinPcm([Int16Array.of(1), new Int16Array(0), Int16Array.of(2, 3)])).toEqual(
      Int16Array.of(1, 2, 3),
    );
  });

  it('makes nothing of nothing', () => {
    expect(joinPcm([])).toHaveLength(0);
  });
});

describe('silence', () => {
  it('has the length of its duration', () => {
    expect(silence(250, 22_050)).toEqual(new Int16Array(5513));
  });
});
