import { describe, expect, it } from '@jest/globals';
import { ChunkSizer } from './chunk-sizer.js';

describe('ChunkSizer', () => {
  it('grows on a fast machine, at most to twice the size at once', () => {
    const sizer = new ChunkSizer();
    const sizes = [sizer.size];

    for (let i = 0; i < 4; i++) {
      sizer.measured(sizer.size, 1);
      sizes.push(sizer.size);
    }

    expect(sizes).toEqual([64, 128, 256, 256, 256]);
  });

  it('shrinks to what takes 150 ms, but not below 32', () => {
    const sizer = new ChunkSizer();

    sizer.measured(64, 200);
    const fitting = sizer.size;
    sizer.measured(48, 5000);

    expect([fitting, sizer.size]).toEqual([48, 32]);
  });

  it('learns nothing from a short tail', () => {
    const sizer = new ChunkSizer();

    sizer.measured(3, 900);

    expect(sizer.size).toBe(64);
  });
});
