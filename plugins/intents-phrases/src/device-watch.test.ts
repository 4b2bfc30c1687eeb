import { describe, expect, it } from '@jest/globals';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import type { WorldChange, WorldSnapshot } from '@tiercel/capabilities/world-model';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { DeviceNames } from './device-names.js';
import { DeviceWatch } from './device-watch.js';

/** Answers once; then its watch breaks, and it says nothing more. */
class LostWorldModel extends FakeWorldModel {
  snapshots = 0;

  override snapshot(prefix?: string): Promise<WorldSnapshot> {
    this.snapshots += 1;
    return this.snapshots === 1 ? super.snapshot(prefix) : new Promise(() => undefined);
  }

  override watch(): AsyncIterable<WorldChange> {
    return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('connection lost')) }) };
  }
}

describe('DeviceWatch', () => {
  it('closes while the world model does not answer', async () => {
    const world = new LostWorldModel();
    const log = new FakeLog();
    const watch = new DeviceWatch(world, new DeviceNames(), log);
    await watch.open();
    await new Promise(setImmediate);
    watch.revive();

    await watch[Symbol.asyncDispose]();

    expect(world.snapshots).toBe(2);
    expect(log.lines.map(({ message }) => message)).toEqual([
      'device names may be out of date, because the watch broke',
    ]);
  });
});
