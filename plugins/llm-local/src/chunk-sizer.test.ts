import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ChunkSizer } from './chunk-sizer.js';

const shared = { isAlone: false, elapsedMs: 0 };

describe('ChunkSizer', () => {
  it('grows on a fast machine, at most to twice the size at once', () => {
    const sizer = new ChunkSizer();
    const sizes = [sizer.size(shared)];

    for (let i = 0; i < 4; i++) {
      sizer.measured(sizer.size(shared), 1);
      sizes.push(sizer.size(shared));
    }

    expect(sizes).toEqual([16, 32, 64, 128, 256]);
  });

  it('shrinks to what takes 150 ms, below 16 tokens only to keep 190 ms, and never below 8', () => {
    const sizer = new ChunkSizer();
    const after = (tokens: number, ms: number) => {
      sizer.measured(tokens, ms);
      return sizer.size(shared);
    };

    const sizes = [after(64, 200), after(48, 600), after(16, 320), after(12, 1_200)];

    expect(sizes).toEqual([48, 15, 9, 8]);
  });

  it('learns nothing from a short tail', () => {
    const sizer = new ChunkSizer();
    sizer.measured(64, 200);

    sizer.measured(3, 900);

    expect(sizer.size(shared)).toBe(48);
  });

  it('lets a prompt that is alone take longer chunks, the longer it takes, up to 1.5 s', () => {
    const sizer = new ChunkSizer();
    sizer.measured(256, 1280);

    const sizes = [0, 1_920, 3_000, 60_000].map((elapsedMs) => sizer.size({ isAlone: true, elapsedMs }));

    expect(sizes).toEqual([64, 128, 192, 256]);
  });

  it('goes back to 150 ms as soon as somebody else is there', () => {
    const sizer = new ChunkSizer();
    sizer.measured(128, 640);

    expect(sizer.size({ isAlone: false, elapsedMs: 60_000 })).toBe(30);
  });

  it('fills whole tiles where it takes more than one', () => {
    const sizer = new ChunkSizer();
    sizer.measured(100, 100);

    expect(sizer.size(shared)).toBe(128);
  });

  it('stays within 8 and 256 tokens whatever is measured', () => {
    const measurement = fc.tuple(
      fc.integer({ min: 0, max: 4096 }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(measurement), fc.boolean(), fc.nat(), (measurements, isAlone, elapsedMs) => {
        const sizer = new ChunkSizer();
        for (const [tokens, ms] of measurements) sizer.measured(tokens, ms);

        const size = sizer.size({ isAlone, elapsedMs });

        expect(size).toBeGreaterThanOrEqual(8);
        expect(size).toBeLessThanOrEqual(256);
        expect(Number.isInteger(size)).toBe(true);
      }),
    );
  });
});
