import { describe, expect, it } from '@jest/globals';
import { levelDbfs } from './level.js';
import { RoomNoise } from './room-noise.js';

describe('RoomNoise', () => {
  it('is as loud as it was asked to be', () => {
    const pcm = new RoomNoise({ levelDbfs: -60 }).next(64_000);

    expect(Math.abs(levelDbfs(pcm) + 60)).toBeLessThan(1);
  });

  it('never holds still at zero', () => {
    const pcm = new RoomNoise({ levelDbfs: -62 }).next(16_000);

    const longest = Math.max(
      ...pcm
        .join(' ')
        .split(/-?[1-9]\d*/)
        .map((zeros) => zeros.split(' ').length),
    );
    expect(longest).toBeLessThan(16);
  });

  it('is the same on each run, however it is cut', () => {
    const whole = new RoomNoise({ levelDbfs: -50 }).next(1000);
    const cut = new RoomNoise({ levelDbfs: -50 });

    expect([...cut.next(300), ...cut.next(700)]).toEqual([...whole]);
  });
});
