import { describe, expect, it } from '@jest/globals';
import { describeWorldModelContract, FakeWorldModel } from './testing.js';

describeWorldModelContract('FakeWorldModel', () => {
  const provider = new FakeWorldModel();
  return { provider, close: () => undefined, advance: (ms) => provider.advance(ms) };
});

describe('FakeWorldModel', () => {
  it('starts with the entries it was given', async () => {
    const world = new FakeWorldModel({ entries: { 'device/lamp/name': 'lamp' } });

    expect(await world.get('device/lamp/name')).toMatchObject({ value: 'lamp', origin: 'seed', revision: 1 });
  });

  it('refuses new keys when full, but not new values', async () => {
    const world = new FakeWorldModel({ entries: { a: 1 }, capacity: 1 });

    await expect(world.observe({ key: 'b', value: 1, origin: 'test' })).rejects.toMatchObject({
      code: 'WORLD_MODEL_FULL',
    });
    expect(await world.observe({ key: 'a', value: 2, origin: 'test' })).toMatchObject({ value: 2 });
  });

  it('resets its readers after a restart', async () => {
    const world = new FakeWorldModel({ entries: { a: 1 } });
    const reader = world.watch('')[Symbol.asyncIterator]();
    const first = reader.next();

    world.restart();

    expect(await first).toEqual({ done: false, value: { type: 'reset', epoch: 'fake-epoch-2' } });
    expect((await world.snapshot()).entries).toEqual([]);
    await reader.return?.();
  });
});
