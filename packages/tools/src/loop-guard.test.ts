import { describe, expect, it } from '@jest/globals';
import { LoopGuard } from './loop-guard.js';

describe('LoopGuard', () => {
  it('refuses the third run of the same call', () => {
    const guard = new LoopGuard();

    const admitted = [1, 2, 3, 4].map(() => guard.admits('get_time', {}));

    expect(admitted).toEqual([true, true, false, false]);
  });

  it('takes calls for the same whatever the order of their arguments', () => {
    const guard = new LoopGuard();
    guard.admits('set', { a: 1, b: { c: 2, d: [3] } });
    guard.admits('set', { b: { d: [3], c: 2 }, a: 1 });

    expect(guard.admits('set', { a: 1, b: { d: [3], c: 2 } })).toBe(false);
    expect(guard.admits('set', { a: 1, b: { d: [4], c: 2 } })).toBe(true);
    expect(guard.admits('get', { a: 1, b: { d: [3], c: 2 } })).toBe(true);
  });
});
