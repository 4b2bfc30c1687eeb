import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { type Slot, type SlotLease, SlotPool } from './slot-pool.js';
import { failureOf } from './test/collect.js';

class ListSlot implements Slot {
  readonly name: string;
  readonly held: readonly number[];

  constructor(name: string, held: readonly number[] = []) {
    this.name = name;
    this.held = held;
  }

  get heldTokens(): number {
    return this.held.length;
  }

  commonPrefix(tokens: readonly number[]): number {
    const end = this.held.findIndex((token, index) => token !== tokens[index]);
    return end < 0 ? this.held.length : end;
  }
}

interface Ask {
  readonly tokens?: readonly number[];
  readonly conversationId?: string;
  readonly signal?: AbortSignal;
}

function pool(slots: readonly ListSlot[], options: { maxWaiting?: number; waitMs?: number } = {}) {
  const slotPool = new SlotPool(slots, { maxWaiting: 2, waitMs: 1000, ...options });
  const acquire = ({ tokens = [], conversationId, signal = new AbortController().signal }: Ask = {}) =>
    slotPool.acquire({ tokens, conversationId, signal });
  return { slotPool, acquire };
}

async function useOnce(lease: Promise<SlotLease<ListSlot>>): Promise<string> {
  const { slot, release } = await lease;
  release();
  return slot.name;
}

describe('SlotPool', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('gives the slot that remembers most of the prompt', async () => {
    const { acquire } = pool([new ListSlot('a', [1, 2]), new ListSlot('b', [1, 2, 3, 4]), new ListSlot('c')]);

    expect(await useOnce(acquire({ tokens: [1, 2, 3, 4, 5] }))).toBe('b');
  });

  it('gives the slot that was idle longest when none remembers anything', async () => {
    const { acquire } = pool([new ListSlot('a'), new ListSlot('b'), new ListSlot('c')]);

    const order = [
      await useOnce(acquire()),
      await useOnce(acquire()),
      await useOnce(acquire()),
      await useOnce(acquire()),
    ];

    expect(order).toEqual(['a', 'b', 'c', 'a']);
  });

  it('forgets no conversation for the few tokens that all prompts share', async () => {
    const { acquire } = pool([new ListSlot('long', [1, 2, 3, 4, 5, 6]), new ListSlot('empty')]);

    await useOnce(acquire({ tokens: [1, 2, 3, 4, 5, 6, 7] }));

    expect(await useOnce(acquire({ tokens: [1, 9] }))).toBe('empty');
  });

  it('keeps a conversation in its slot when its beginning has changed', async () => {
    const { acquire } = pool([new ListSlot('a', [1, 2, 3]), new ListSlot('b', [4, 5, 6])]);
    await useOnce(acquire({ tokens: [1, 2, 3], conversationId: 'mine' }));
    await useOnce(acquire({ tokens: [4, 5, 6], conversationId: 'other' }));
    await useOnce(acquire({ tokens: [1, 2, 3], conversationId: 'mine' }));

    expect(await useOnce(acquire({ tokens: [9, 9], conversationId: 'mine' }))).toBe('a');
  });

  it('serves the queue in the order of asking', async () => {
    const { acquire, slotPool } = pool([new ListSlot('only')], { maxWaiting: 3 });
    const order: number[] = [];
    const first = await acquire();
    const waiting = [1, 2, 3].map(async (call) => {
      const { release } = await acquire();
      order.push(call);
      release();
    });

    first.release();
    await Promise.all(waiting);

    expect(order).toEqual([1, 2, 3]);
    expect(slotPool.busy).toEqual([false]);
  });

  it('refuses a call when the queue is full', async () => {
    const { acquire } = pool([new ListSlot('only')]);
    const first = await acquire();
    const waiting = [acquire(), acquire()];

    const error = await failureOf(acquire());

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_OVERLOADED', details: { waiting: 2, limit: 2 } });
    first.release();
    for (const lease of waiting) (await lease).release();
  });

  it('gives up a wait at its deadline and goes on with the others', async () => {
    jest.useFakeTimers();
    const { acquire, slotPool } = pool([new ListSlot('only')]);
    const first = await acquire();
    const late = failureOf(acquire());

    await jest.advanceTimersByTimeAsync(1000);

    expect(await late).toMatchObject({
      code: 'LANGUAGE_MODEL_TIMEOUT',
      retryable: true,
      details: { phase: 'queue', waitedMs: 1000 },
    });
    expect(slotPool.waiting).toBe(0);
    first.release();
    expect(await useOnce(acquire())).toBe('only');
  });

  it('lets an aborted wait leave at once', async () => {
    const { acquire, slotPool } = pool([new ListSlot('only')]);
    const first = await acquire();
    const controller = new AbortController();
    const waiting = acquire({ signal: controller.signal });

    controller.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
    expect(slotPool.waiting).toBe(0);
    first.release();
  });

  it('gives nothing to a signal that is already aborted', async () => {
    const { acquire, slotPool } = pool([new ListSlot('only')]);

    await expect(acquire({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    expect(slotPool.busy).toEqual([false]);
  });

  it('takes a slot back once, however often it is given', async () => {
    const { acquire } = pool([new ListSlot('only')]);
    const first = await acquire();
    first.release();
    const second = await acquire();

    first.release();
    const third = acquire();

    const winner = await Promise.race([third.then(() => 'third'), Promise.resolve('nobody')]);
    expect(winner).toBe('nobody');
    second.release();
    (await third).release();
  });

  it('tells when no slot is busy and nobody waits', async () => {
    const { acquire, slotPool } = pool([new ListSlot('only')]);
    const first = await acquire();
    const second = acquire();
    let isIdle = false;
    const idle = slotPool.whenIdle().then(() => {
      isIdle = true;
    });

    first.release();
    const { release } = await second;
    const whileBusy = isIdle;
    release();
    await idle;

    expect([whileBusy, isIdle]).toEqual([false, true]);
  });
});
