import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { ModelQueue } from './model-queue.js';

const never = new AbortController().signal;

function openQueue({ concurrency = 1, maxWaiting = 2, timeoutMs = 1_000 } = {}) {
  const clock = new FakeClock();
  return { clock, queue: new ModelQueue({ concurrency, maxWaiting, timeoutMs, clock }) };
}

describe('ModelQueue', () => {
  it('admits as many at once as it may, the rest in order', async () => {
    const { queue } = openQueue({ concurrency: 2, maxWaiting: 3 });
    const first = await queue.enter(never);
    const second = await queue.enter(never);
    const admitted: number[] = [];
    const others = [3, 4, 5].map(async (number) => {
      const place = await queue.enter(never);
      admitted.push(number);
      place[Symbol.dispose]();
    });

    expect(queue.waiting).toBe(3);
    second[Symbol.dispose]();
    await Promise.all(others);
    first[Symbol.dispose]();

    expect(admitted).toEqual([3, 4, 5]);
    expect(queue.waiting).toBe(0);
  });

  it('tells how long a request waited', async () => {
    const { queue, clock } = openQueue();
    const first = await queue.enter(never);
    const waiting = queue.enter(never);

    await clock.advance(300);
    first[Symbol.dispose]();

    expect((await waiting).waitedMs).toBe(300);
    expect(first.waitedMs).toBe(0);
  });

  it('refuses what it has no room for, with the time until there is some', async () => {
    const { queue, clock } = openQueue({ maxWaiting: 1, timeoutMs: 60_000 });
    for (let round = 0; round < 50; round++) {
      const place = await queue.enter(never);
      await clock.advance(2_000);
      place[Symbol.dispose]();
    }
    const running = await queue.enter(never);
    const waiting = queue.enter(never);

    await expect(queue.enter(never)).rejects.toMatchObject({
      code: 'LANGUAGE_MODEL_OVERLOADED',
      details: { waiting: 1, limit: 1, retryAfterSeconds: 5 },
    });
    running[Symbol.dispose]();
    (await waiting)[Symbol.dispose]();
  });

  it('gives up a request that waits too long', async () => {
    const { queue, clock } = openQueue();
    await queue.enter(never);
    const waiting = queue.enter(never);
    const failure = expect(waiting).rejects.toMatchObject({
      code: 'LANGUAGE_MODEL_TIMEOUT',
      details: { phase: 'queue', waitedMs: 1_000 },
    });

    await clock.advance(1_000);

    await failure;
    expect(queue.waiting).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('forgets whoever leaves while waiting, and leaves nothing on the signal or the clock', async () => {
    const { queue, clock } = openQueue();
    const first = await queue.enter(never);
    const leaving = new AbortController();
    const left = queue.enter(leaving.signal);
    const last = queue.enter(never);

    leaving.abort(new RangeError('left'));
    await expect(left).rejects.toThrow('left');
    first[Symbol.dispose]();
    (await last)[Symbol.dispose]();

    expect(queue.waiting).toBe(0);
    expect(clock.pending).toBe(0);
    await expect(queue.enter(leaving.signal)).rejects.toThrow('left');
  });

  it('gives a place back once, however often it is left', async () => {
    const { queue } = openQueue({ maxWaiting: 0 });
    const first = await queue.enter(never);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    const second = await queue.enter(never);

    await expect(queue.enter(never)).rejects.toMatchObject({ code: 'LANGUAGE_MODEL_OVERLOADED' });
    second[Symbol.dispose]();
  });
});
