import { describe, expect, it } from '@jest/globals';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { WorldDiary } from './world-diary.js';

describe('WorldDiary', () => {
  it('tells what changed since the last look, and from what', async () => {
    const world = new FakeWorldModel();
    await world.observe({ key: 'device/lamp/state', value: 'off', origin: 'seed' });
    await using diary = await WorldDiary.open(world);

    await world.observe({ key: 'device/lamp/state', value: 'on', origin: 'test' });
    await turnOfTheLoop();

    expect(diary.take()).toEqual([{ key: 'device/lamp/state', from: 'off', to: 'on' }]);
    expect(diary.take()).toEqual([]);
  });

  it('does not mention what was only said again', async () => {
    const world = new FakeWorldModel();
    await world.observe({ key: 'device/lamp/state', value: 'off', origin: 'seed' });
    await using diary = await WorldDiary.open(world);

    await world.observe({ key: 'device/lamp/state', value: 'off', origin: 'test' });
    await turnOfTheLoop();

    expect(diary.take()).toEqual([]);
  });
});

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
