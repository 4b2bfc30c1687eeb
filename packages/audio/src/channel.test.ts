import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Channel } from './channel.js';

const readAll = async <T>(channel: Channel<T>) => {
  const items: T[] = [];
  for await (const item of channel) items.push(item);
  return items;
};

/** Lets everything happen that is already decided. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What has become of a promise so far. */
const watch = (promise: Promise<unknown>) => {
  const watched = { state: 'waiting' };
  promise.then(
    () => {
      watched.state = 'resolved';
    },
    () => {
      watched.state = 'rejected';
    },
  );
  return watched;
};

describe('Channel', () => {
  it('hands items over in order and ends after close', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 8 });

    await channel.push(1);
    await channel.push(2);
    channel.close();

    expect(await readAll(channel)).toEqual([1, 2]);
  });

  it('hands an item straight to a consumer that waits', async () => {
    const channel = new Channel<string>({ policy: 'block', capacity: 1 });

    const next = channel[Symbol.asyncIterator]().next();
    await channel.push('a');

    expect(await next).toEqual({ done: false, value: 'a' });
    expect(channel.highWater).toBe(0);
  });

  it('serves several waiting reads in the order they came', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 4 });
    const iterator = channel[Symbol.asyncIterator]();

    const reads = [iterator.next(), iterator.next(), iterator.next()];
    await channel.push(1);
    await channel.push(2);
    channel.close();

    expect(await Promise.all(reads)).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: undefined },
    ]);
  });

  it('carries undefined like any other item', async () => {
    const channel = new Channel<undefined>({ policy: 'block', capacity: 2 });

    await channel.push(undefined);
    channel.close();

    expect(await readAll(channel)).toEqual([undefined]);
  });

  it('knows how much waits, and how much ever did', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 100 });

    for (let item = 0; item < 40; item++) await channel.push(item);
    const iterator = channel[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();

    expect([channel.count, channel.size, channel.highWater]).toEqual([38, 38, 40]);
  });

  it('refuses items after close', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 1 });

    channel.close();

    expect(await channel.push(1)).toBe(false);
    expect(channel.tryPush(1)).toBe(false);
    expect(channel.isClosed).toBe(true);
  });

  it('refuses a capacity below one item', () => {
    expect(() => new Channel({ policy: 'block', capacity: 0 })).toThrow(
      'capacity is 0. Pass a number from 1 to 16777216.',
    );
  });

  it('keeps order and loses nothing, whatever is pushed and read', async () => {
    const step = fc.constantFrom('push', 'read');
    await fc.assert(
      fc.asyncProperty(fc.array(step), fc.integer({ min: 1, max: 5 }), async (steps, capacity) => {
        const channel = new Channel<number>({ policy: 'block', capacity });
        const iterator = channel[Symbol.asyncIterator]();
        const pushes: Promise<boolean>[] = [];
        const reads: Promise<IteratorResult<number, undefined>>[] = [];
        for (const next of steps) {
          if (next === 'push') pushes.push(channel.push(pushes.length));
          else reads.push(iterator.next());
        }
        while (reads.length < pushes.length) reads.push(iterator.next());
        await Promise.all(pushes);
        channel.close();

        const results = await Promise.all(reads);

        const items = results.filter(({ done }) => !done).map(({ value }) => value);
        expect(items).toEqual(pushes.map((_, index) => index));
        expect(channel.highWater).toBeLessThanOrEqual(capacity);
      }),
    );
  });
});

describe('Channel with policy block', () => {
  it('makes the producer wait for room', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 1 });
    await channel.push(1);

    const second = watch(channel.push(2));
    await settle();
    const before = second.state;
    await channel[Symbol.asyncIterator]().next();
    await settle();

    expect([before, second.state]).toEqual(['waiting', 'resolved']);
  });

  it('lets nobody overtake a producer that waits', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 10, weigh: (item) => item });
    await channel.push(8);

    const heavy = channel.push(5);
    const light = channel.tryPush(1);
    const iterator = channel[Symbol.asyncIterator]();
    await iterator.next();
    await heavy;

    expect(light).toBe(false);
    expect((await iterator.next()).value).toBe(5);
  });

  it('refuses tryPush when it is full', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 1 });

    expect([channel.tryPush(1), channel.tryPush(2)]).toEqual([true, false]);
  });

  it('refuses producers that wait when it is closed', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 1 });
    await channel.push(1);

    const second = channel.push(2);
    channel.close();

    expect(await second).toBe(false);
    expect(await readAll(channel)).toEqual([1]);
  });
});

describe('Channel with policy drop-oldest', () => {
  it('keeps the newest items and counts the others', async () => {
    const channel = new Channel<number>({ policy: 'drop-oldest', capacity: 2 });

    for (const item of [1, 2, 3, 4, 5]) await channel.push(item);
    channel.close();

    expect(channel.dropped).toBe(3);
    expect(await readAll(channel)).toEqual([4, 5]);
  });

  it('drops as many as a heavy item needs', async () => {
    const channel = new Channel<number>({ policy: 'drop-oldest', capacity: 10, weigh: (item) => item });

    for (const item of [3, 3, 3, 6]) await channel.push(item);
    channel.close();

    expect(await readAll(channel)).toEqual([3, 6]);
  });
});

describe('Channel with policy latest', () => {
  it('replaces what waits', async () => {
    const channel = new Channel<string>({ policy: 'latest' });

    for (const text of ['tur', 'turn', 'turn on']) await channel.push(text);
    channel.close();

    expect(channel.dropped).toBe(2);
    expect(await readAll(channel)).toEqual(['turn on']);
  });
});

describe('Channel with policy fail', () => {
  it('rejects the item that finds no room, and goes on', async () => {
    const channel = new Channel<number>({ policy: 'fail', capacity: 1 });
    await channel.push(1);

    await expect(channel.push(2)).rejects.toMatchObject({
      code: 'AUDIO_CHANNEL_FULL',
      details: { capacity: 1 },
    });

    channel.close();
    expect(await readAll(channel)).toEqual([1]);
  });
});

describe('Channel with weights', () => {
  it('counts its capacity in them', async () => {
    const channel = new Channel<{ durationMs: number }>({
      policy: 'block',
      capacity: 600,
      weigh: ({ durationMs }) => durationMs,
    });

    await channel.push({ durationMs: 400 });
    const accepted = channel.tryPush({ durationMs: 201 });

    expect([accepted, channel.count, channel.size]).toEqual([false, 1, 400]);
  });

  it('takes an item heavier than all of it when nothing else waits', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 5, weigh: (item) => item });

    expect([channel.tryPush(100), channel.tryPush(1)]).toEqual([true, false]);
  });

  it('is empty again after fractions went through', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 1, weigh: (item) => item });
    const iterator = channel[Symbol.asyncIterator]();

    for (const weight of [0.1, 0.2, 0.3]) await channel.push(weight);
    for (let reads = 0; reads < 3; reads++) await iterator.next();

    expect(channel.size).toBe(0);
  });

  it('refuses items without weight, which nothing would bound', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 1, weigh: () => 0 });

    await expect(channel.push(1)).rejects.toMatchObject({ code: 'AUDIO_ARGUMENT_INVALID' });
  });
});

describe('Channel that fails', () => {
  it('hands out what waits, then the error', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 2 });
    const iterator = channel[Symbol.asyncIterator]();
    const failure = new Error('source is gone');
    await channel.push(1);

    channel.fail(failure);

    expect((await iterator.next()).value).toBe(1);
    await expect(iterator.next()).rejects.toBe(failure);
  });

  it('wakes a consumer that waits', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 2 });
    const failure = new Error('source is gone');

    const next = channel[Symbol.asyncIterator]().next();
    channel.fail(failure);

    await expect(next).rejects.toBe(failure);
  });

  it('tells producers why', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 1 });
    const failure = new Error('sink is gone');
    await channel.push(1);

    const waiting = channel.push(2);
    channel.fail(failure);

    await expect(waiting).rejects.toBe(failure);
    await expect(channel.push(3)).rejects.toBe(failure);
    expect(channel.tryPush(4)).toBe(false);
  });

  it('stays closed if it was closed before', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 1 });

    channel.close();
    channel.fail(new Error('too late'));

    expect(await readAll(channel)).toEqual([]);
  });
});

describe('Channel whose consumer leaves', () => {
  it('closes and wakes the producers', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 1 });
    await channel.push(1);
    const second = channel.push(2);
    const third = channel.push(3);

    for await (const _ of channel) break;

    expect(await Promise.all([second, third])).toEqual([true, false]);
    expect([channel.isClosed, channel.count]).toEqual([true, 0]);
  });

  it('ends the other reads', async () => {
    const channel = new Channel<number>({ policy: 'block', capacity: 1 });
    const iterator = channel[Symbol.asyncIterator]();

    const next = iterator.next();
    await iterator.return?.();

    expect(await next).toEqual({ done: true, value: undefined });
  });
});

describe('Channel with a signal', () => {
  it('wakes both sides on abort and discards what waits', async () => {
    const reason = new Error('superseded');
    const controller = new AbortController();
    const channel = new Channel<number>({ policy: 'block', capacity: 1, signal: controller.signal });
    await channel.push(1);
    const waiting = channel.push(2);

    controller.abort(reason);

    await expect(waiting).rejects.toBe(reason);
    await expect(readAll(channel)).rejects.toBe(reason);
    await expect(channel.push(3)).rejects.toBe(reason);
  });

  it('wakes a consumer that waits', async () => {
    const reason = new Error('superseded');
    const controller = new AbortController();
    const channel = new Channel<number>({ policy: 'block', capacity: 1, signal: controller.signal });

    const next = channel[Symbol.asyncIterator]().next();
    controller.abort(reason);

    await expect(next).rejects.toBe(reason);
  });

  it('discards also what still waits after close', async () => {
    const reason = new Error('superseded');
    const controller = new AbortController();
    const channel = new Channel<number>({ policy: 'block', capacity: 1, signal: controller.signal });
    await channel.push(1);

    channel.close();
    controller.abort(reason);

    await expect(readAll(channel)).rejects.toBe(reason);
  });

  it('is over before it begins if the signal is aborted', async () => {
    const reason = new Error('superseded');
    const channel = new Channel<number>({ policy: 'block', capacity: 1, signal: AbortSignal.abort(reason) });

    await expect(channel.push(1)).rejects.toBe(reason);
  });

  it('leaves no listener when it has been closed and read', async () => {
    const { signal } = new AbortController();
    const channel = new Channel<number>({ policy: 'block', capacity: 1, signal });
    await channel.push(1);

    channel.close();
    const whileItemsWait = getEventListeners(signal, 'abort').length;
    await readAll(channel);

    expect([whileItemsWait, getEventListeners(signal, 'abort').length]).toEqual([1, 0]);
  });

  it('leaves no listener when it failed, or its consumer left', async () => {
    const { signal } = new AbortController();
    const failed = new Channel<number>({ policy: 'block', capacity: 1, signal });
    const left = new Channel<number>({ policy: 'block', capacity: 1, signal });
    await left.push(1);

    failed.fail(new Error('source is gone'));
    for await (const _ of left) break;

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('Channel.push with a signal', () => {
  it('gives up waiting without leaving the item behind', async () => {
    const reason = new Error('interruption');
    const controller = new AbortController();
    const channel = new Channel<number>({ policy: 'block', capacity: 1 });
    await channel.push(1);

    const waiting = channel.push(2, { signal: controller.signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    channel.close();

    expect(await readAll(channel)).toEqual([1]);
  });

  it('pushes nothing if the signal is already aborted', async () => {
    const reason = new Error('interruption');
    const channel = new Channel<number>({ policy: 'drop-oldest', capacity: 1 });

    await expect(channel.push(1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    expect(channel.count).toBe(0);
  });

  it('lets a lighter producer in that waited behind the one that gave up', async () => {
    const controller = new AbortController();
    const channel = new Channel<number>({ policy: 'block', capacity: 10, weigh: (item) => item });
    await channel.push(8);
    const heavy = channel.push(5, { signal: controller.signal });
    const light = channel.push(1);

    controller.abort(new Error('interruption'));

    await expect(heavy).rejects.toThrow('interruption');
    expect(await light).toBe(true);
  });

  it('leaves no listener on a signal that lives on', async () => {
    const { signal } = new AbortController();
    const channel = new Channel<number>({ policy: 'block', capacity: 1 });
    const iterator = channel[Symbol.asyncIterator]();

    for (let item = 0; item < 50; item++) {
      const pushed = channel.push(item, { signal });
      const waiting = channel.push(item, { signal });
      await iterator.next();
      await iterator.next();
      await Promise.all([pushed, waiting]);
    }
    await channel.push(50, { signal });
    const refused = channel.push(51, { signal });
    channel.close();
    await refused;

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
