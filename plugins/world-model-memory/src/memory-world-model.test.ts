import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { describeWorldModelContract } from '@tiercel/capabilities/world-model/testing';
import { MemoryWorldModel } from './memory-world-model.js';

describeWorldModelContract('MemoryWorldModel', () => {
  const clock = new FakeClock();
  const provider = new MemoryWorldModel(clock);
  return {
    provider,
    close: () => provider[Symbol.asyncDispose](),
    advance: (ms) => clock.advance(ms),
  };
});

const origin = 'test';

describe('MemoryWorldModel', () => {
  it('gets a new epoch with each life', async () => {
    const first = await new MemoryWorldModel(new FakeClock()).snapshot();
    const second = await new MemoryWorldModel(new FakeClock()).snapshot();

    expect(first.epoch).not.toBe(second.epoch);
  });

  it('refuses new keys when full, takes new values, and has room again after a forgotten or expired entry', async () => {
    const clock = new FakeClock();
    await using world = new MemoryWorldModel(clock, { maxEntries: 2 });
    await world.observe({ key: 'a', value: 1, origin });
    await world.observe({ key: 'b', value: 1, origin, ttlMs: 1_000 });

    await expect(world.observe({ key: 'c', value: 1, origin })).rejects.toMatchObject({
      code: 'WORLD_MODEL_FULL',
    });
    await world.observe({ key: 'a', value: 2, origin });
    await world.forget('a', { origin });
    await world.observe({ key: 'c', value: 1, origin });
    await clock.advance(1_000);
    await world.observe({ key: 'd', value: 1, origin });

    expect((await world.snapshot()).entries.map(({ key }) => key)).toEqual(['c', 'd']);
  });

  it('keeps one timer, for the entry that ends first', async () => {
    const clock = new FakeClock();
    await using world = new MemoryWorldModel(clock);

    for (const ttlMs of [5_000, 1_000, 3_000, 2_000]) {
      await world.observe({ key: `after-${ttlMs}`, value: 1, origin, ttlMs });
    }

    expect(clock.pending).toBe(1);
    await clock.advance(2_500);
    expect((await world.snapshot()).entries.map(({ key }) => key)).toEqual(['after-3000', 'after-5000']);
    await clock.advance(2_500);
    expect(clock.pending).toBe(0);
  });

  it('never shows an entry after its end, even if the wall clock jumped past it', async () => {
    const clock = new FakeClock();
    await using world = new MemoryWorldModel(clock);
    await world.observe({ key: 'a', value: 1, origin, ttlMs: 60_000 });

    clock.setEpochMs(clock.epochMs() + 60_000);

    expect(await world.get('a')).toBeUndefined();
  });

  it('does not pile up ends of an entry that is observed again and again', async () => {
    const clock = new FakeClock();
    await using world = new MemoryWorldModel(clock);

    for (let value = 0; value < 10_000; value++) {
      await world.observe({ key: 'a', value, origin, ttlMs: 1_000_000 - value });
    }
    await clock.advance(1_000_000);

    expect((await world.snapshot()).entries).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('frees a reader that waits when it leaves', async () => {
    await using world = new MemoryWorldModel(new FakeClock());
    const reader = world.watch('')[Symbol.asyncIterator]();
    const waiting = reader.next();

    await reader.return?.();

    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('ends all watches and its timer when it closes, and closes twice', async () => {
    const clock = new FakeClock();
    const world = new MemoryWorldModel(clock);
    await world.observe({ key: 'a', value: 1, origin, ttlMs: 1_000 });
    const waiting = world.watch('')[Symbol.asyncIterator]().next();

    await world[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();

    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(clock.pending).toBe(0);
  });

  it('reads a small part of a large store in order', async () => {
    await using world = new MemoryWorldModel(new FakeClock());
    for (let device = 20_000; device > 0; device--) {
      await world.observe({ key: `device/d${device % 2_000}/field-${device}`, value: device, origin });
    }

    const { entries } = await world.snapshot('device/d7');

    expect(entries.map(({ key }) => key)).toEqual(
      [...Array(10).keys()].map((index) => `device/d7/field-${index * 2_000 + 7}`).sort(),
    );
  });
});
