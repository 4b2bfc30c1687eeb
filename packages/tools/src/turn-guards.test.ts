import { describe, expect, it } from '@jest/globals';
import { TurnGuards } from './turn-guards.js';

describe('TurnGuards', () => {
  it('refuses the third equal call of each turn', () => {
    const guards = new TurnGuards();

    const first = [1, 2, 3, 4].map(() => guards.admits('turn 1', 'get_time'));
    const other = guards.admits('turn 2', 'get_time');

    expect(first).toEqual([true, true, false, false]);
    expect(other).toBe(true);
  });

  it('remembers a turn that goes on calling, however many come and go', () => {
    const guards = new TurnGuards();
    guards.admits('long', 'get_time');

    for (let turn = 0; turn < 1_000; turn++) {
      guards.admits(`${turn}`, 'get_time');
      if (turn % 100 === 0) guards.admits('long', `call ${turn}`);
    }

    expect([guards.admits('long', 'get_time'), guards.admits('long', 'get_time')]).toEqual([true, false]);
  });
});
