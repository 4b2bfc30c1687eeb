import { describe, expect, it } from '@jest/globals';
import { fadeIn, fadeOut } from './fade.js';

const loud = new Int16Array(100).fill(10_000);
const sampleRateHz = 1000;

describe('fadeIn', () => {
  it('rises from silence and leaves the rest alone', () => {
    const faded = fadeIn(loud, { sampleRateHz, fadeMs: 10 });

    expect([faded[0], faded[5], faded[10], faded[99]]).toEqual([0, 5000, 10_000, 10_000]);
  });

  it('never falls on the way', () => {
    const faded = Array.from(fadeIn(loud, { sampleRateHz, fadeMs: 50 }));

    expect(faded).toEqual(faded.toSorted((a, b) => a - b));
  });
});

describe('fadeOut', () => {
  it('is fadeIn mirrored', () => {
    const faded = fadeOut(loud, { sampleRateHz, fadeMs: 10 });

    expect(faded.reverse()).toEqual(fadeIn(loud, { sampleRateHz, fadeMs: 10 }));
  });

  it('takes all of audio that is shorter than the fade', () => {
    const faded = fadeOut(loud, { sampleRateHz, fadeMs: 5000 });

    expect([faded[99], faded.length]).toEqual([0, 100]);
  });

  it('changes nothing in 0 ms', () => {
    expect(fadeOut(loud, { sampleRateHz, fadeMs: 0 })).toEqual(loud);
  });

  it('leaves its input as it was', () => {
    fadeOut(loud, { sampleRateHz, fadeMs: 10 });

    expect(loud[99]).toBe(10_000);
  });

  it('refuses a negative duration', () => {
    expect(() => fadeOut(loud, { sampleRateHz, fadeMs: -1 })).toThrow(
      'fadeMs is -1. Pass a number of at least 0.',
    );
  });
});
