import { describe, expect, it } from '@jest/globals';
import { describeClockContract, FakeClock } from './testing.js';

describeClockContract('FakeClock', () => {
  const clock = new FakeClock();
  return { provider: clock, advance: (ms) => clock.advance(ms), close: () => undefined };
});

describe('FakeClock', () => {
  it('stands still until it is moved', async () => {
    const clock = new FakeClock();

    const before = clock.nowMs();
    await clock.advance(250);
    const after = clock.nowMs();

    expect([before, after]).toEqual([0, 250]);
  });

  it('keeps a delay waiting until its time has come', async () => {
    const clock = new FakeClock();
    let isSettled = false;
    const delay = clock.delay(100).then(() => {
      isSettled = true;
    });

    await clock.advance(99);
    const early = [isSettled, clock.pending];
    await clock.advance(1);
    await delay;

    expect(early).toEqual([false, 1]);
    expect([isSettled, clock.pending]).toEqual([true, 0]);
  });

  it('settles each delay at its own time', async () => {
    const clock = new FakeClock();
    const times: number[] = [];
    const note = () => times.push(clock.nowMs());
    const delays = [clock.delay(30).then(note), clock.delay(10).then(note), clock.delay(10).then(note)];

    await clock.advance(100);
    await Promise.all(delays);

    expect(times).toEqual([10, 10, 30]);
  });

  it('lets a loop make every round that fits into the move', async () => {
    const clock = new FakeClock();
    const times: number[] = [];
    const loop = (async () => {
      while (times.length < 5) {
        await clock.delay(20);
        times.push(clock.nowMs());
      }
    })();

    await clock.advance(100);
    await loop;

    expect(times).toEqual([20, 40, 60, 80, 100]);
  });

  it('forgets a delay that was aborted', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const delay = clock.delay(10, { signal: controller.signal });

    controller.abort(new Error('given up'));

    await expect(delay).rejects.toThrow('given up');
    expect(clock.pending).toBe(0);
  });

  it('tells when enough delays wait', async () => {
    const clock = new FakeClock();
    const ready = clock.whenPending(2);

    const delays = [clock.delay(5), clock.delay(6)];
    await ready;
    await clock.advance(6);

    await expect(Promise.all(delays)).resolves.toHaveLength(2);
  });

  it('lets the wall clock jump without moving monotonic time', async () => {
    const clock = new FakeClock({ epochMs: Date.UTC(2026, 2, 1), timeZone: 'Europe/Berlin' });

    clock.setEpochMs(Date.UTC(2027, 0, 1));
    await clock.advance(1000);

    expect(clock.epochMs()).toBe(Date.UTC(2027, 0, 1) + 1000);
    expect(clock.nowMs()).toBe(1000);
    expect(clock.timeZone()).toBe('Europe/Berlin');
  });
});
