import { describe, expect, it } from '@jest/globals';
import {
  firstAudibleSample,
  fromDbfs,
  gain,
  lastAudibleSample,
  levelDbfs,
  noiseFloorDbfs,
  peak,
  rms,
  toDbfs,
} from './level.js';

const sampleRateHz = 16_000;
const constant = (length: number, value: number) => new Int16Array(length).fill(value);
const toneBetween = (length: number, from: number, to: number, amplitude: number) =>
  Int16Array.from({ length }, (_, index) =>
    index >= from && index < to ? Math.round(amplitude * Math.cos((Math.PI * (index - from)) / 8)) : 0,
  );

describe('rms', () => {
  it('is a part of full scale', () => {
    expect(rms(constant(100, -16_384))).toBe(0.5);
  });

  it('is 0 for no samples', () => {
    expect(rms(new Int16Array(0))).toBe(0);
  });
});

describe('peak', () => {
  it('is the largest magnitude, of either sign', () => {
    expect(peak(Int16Array.of(100, -32_768, 5))).toBe(1);
  });
});

describe('levelDbfs', () => {
  it('is −3.01 for a sine of full scale', () => {
    expect(levelDbfs(toneBetween(1600, 0, 1600, 32_767))).toBeCloseTo(-3.01, 2);
  });

  it('is −120 for digital silence, which JSON and averages can hold', () => {
    expect(levelDbfs(constant(100, 0))).toBe(-120);
  });
});

describe('toDbfs', () => {
  it('is undone by fromDbfs', () => {
    expect(fromDbfs(toDbfs(0.25))).toBeCloseTo(0.25, 10);
  });
});

describe('firstAudibleSample', () => {
  it('finds the sample where a tone begins', () => {
    const pcm = toneBetween(8000, 3000, 6000, 8000);

    expect(firstAudibleSample(pcm, { sampleRateHz })).toBe(3000);
  });

  it('finds nothing below −50 dBFS', () => {
    const pcm = toneBetween(8000, 3000, 6000, 100);

    expect(firstAudibleSample(pcm, { sampleRateHz })).toBeUndefined();
  });

  it('listens as closely as it is told', () => {
    const pcm = toneBetween(8000, 3000, 6000, 100);

    expect(firstAudibleSample(pcm, { sampleRateHz, thresholdDbfs: -60 })).toBe(3000);
  });

  it('ignores a faint click that 10 ms average away', () => {
    const pcm = constant(8000, 0);
    pcm[4000] = 400;

    expect(firstAudibleSample(pcm, { sampleRateHz })).toBeUndefined();
  });

  it('judges audio shorter than 10 ms as a whole', () => {
    expect(firstAudibleSample(constant(20, 5000), { sampleRateHz })).toBe(0);
  });

  it('finds nothing in no samples', () => {
    expect(firstAudibleSample(new Int16Array(0), { sampleRateHz })).toBeUndefined();
  });
});

describe('lastAudibleSample', () => {
  it('finds the sample where a tone ends', () => {
    const pcm = toneBetween(8000, 3000, 6001, 8000);

    expect(lastAudibleSample(pcm, { sampleRateHz })).toBe(6000);
  });

  it('leaves its input as it was', () => {
    const pcm = toneBetween(800, 0, 400, 8000);
    const before = pcm.slice();

    lastAudibleSample(pcm, { sampleRateHz });

    expect(pcm).toEqual(before);
  });

  it('finds nothing in silence', () => {
    expect(lastAudibleSample(constant(8000, 0), { sampleRateHz })).toBeUndefined();
  });
});

describe('noiseFloorDbfs', () => {
  it('is the level of the background, not of what is in front of it', () => {
    const pcm = constant(16_000, 33);
    pcm.fill(16_384, 4000, 12_000);

    expect(noiseFloorDbfs(pcm, { sampleRateHz })).toBeCloseTo(-59.94, 1);
  });

  it('is −120 for no samples', () => {
    expect(noiseFloorDbfs(new Int16Array(0), { sampleRateHz })).toBe(-120);
  });
});

describe('gain', () => {
  it('changes the level by so many decibels', () => {
    const quieter = gain(constant(100, 16_384), -12);

    expect(levelDbfs(quieter)).toBeCloseTo(-18.02, 2);
  });

  it('clamps what gets too loud', () => {
    expect(gain(Int16Array.of(30_000, -30_000), 6)).toEqual(Int16Array.of(32_767, -32_768));
  });

  it('refuses a gain that is not a number', () => {
    expect(() => gain(Int16Array.of(1), Number.NaN)).toThrow(
      'gainDb is NaN. Pass a number from -200 to 200.',
    );
  });
});
