import { describe, expect, it } from '@jest/globals';
import { ArrivalClock } from './arrival-clock.js';

describe('ArrivalClock', () => {
  it('times a block from its end, which is when it arrives', () => {
    const clock = new ArrivalClock(16_000);

    clock.push(160, 1010);

    expect([clock.timeOf(0), clock.timeOf(80)]).toEqual([1000, 1005]);
  });

  it('does not believe that a late block was said late', () => {
    const clock = new ArrivalClock(16_000);
    clock.push(160, 1010);

    clock.push(160, 1090);
    clock.push(160, 1091);

    expect(clock.timeOf(160)).toBeCloseTo(1010, 1);
    expect(clock.timeOf(320)).toBeCloseTo(1020, 1);
  });

  it('learns from a block that came sooner that the ones before were late', () => {
    const clock = new ArrivalClock(16_000);
    clock.push(160, 1050);
    clock.push(160, 1055);

    clock.push(160, 1060);

    expect(clock.timeOf(320)).toBeCloseTo(1050, 0);
  });

  it('never runs backwards', () => {
    const clock = new ArrivalClock(16_000);
    clock.push(800, 1100);
    const first = clock.timeOf(799);

    clock.push(800, 1101);

    expect(clock.timeOf(800)).toBe(first);
  });

  it('follows a sound card that is slower than the clock', () => {
    const clock = new ArrivalClock(16_000);
    const slowness = 1.00005;

    for (let block = 1; block <= 360_000; block++) clock.push(160, block * 10 * slowness);

    expect(3_600_000 * slowness - clock.timeOf(3_600_000 * 16)).toBeLessThan(1);
  });
});
