import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { RateLimiter } from './rate-limiter.js';

const take = (limiter: RateLimiter, times: number, caller = 'a') =>
  Array.from({ length: times }, () => limiter.take(caller));

describe('RateLimiter', () => {
  it('lets as many pass as fit in a minute, then tells when to come back', () => {
    const limiter = new RateLimiter(60, new FakeClock());

    expect(take(limiter, 60)).toEqual(Array(60).fill(0));
    expect(limiter.take('a')).toBe(1);
  });

  it('fills evenly, and never beyond a minute’s worth', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(6, clock);
    take(limiter, 6);

    expect(limiter.take('a')).toBe(10);
    await clock.advance(10_000);
    expect(take(limiter, 2)).toEqual([0, 10]);
    await clock.advance(3_600_000);
    expect(take(limiter, 7)).toEqual([0, 0, 0, 0, 0, 0, 10]);
  });

  it('counts each caller for itself', () => {
    const limiter = new RateLimiter(1, new FakeClock());

    expect(take(limiter, 2, 'a')).toEqual([0, 60]);
    expect(take(limiter, 1, 'b')).toEqual([0]);
  });

  it('limits nothing at 0', () => {
    expect(take(new RateLimiter(0, new FakeClock()), 1_000)).toEqual(Array(1_000).fill(0));
  });

  it('remembers 10,000 callers, and forgets the one that was quiet for longest', () => {
    const limiter = new RateLimiter(1, new FakeClock());
    limiter.take('first');
    limiter.take('second');
    for (let index = 0; index < 9_998; index++) limiter.take(`caller ${index}`);
    limiter.take('first');

    limiter.take('one more');

    expect(limiter.take('first')).toBe(60);
    expect(limiter.take('second')).toBe(0);
  });
});
