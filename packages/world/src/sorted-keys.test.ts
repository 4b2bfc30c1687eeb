import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SortedKeys } from './sorted-keys.js';

describe('SortedKeys', () => {
  it('holds what a set holds, in order, after any additions and deletions', () => {
    const anyStep = fc.tuple(fc.boolean(), fc.nat(3_000).map(String));

    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 3_000, size: 'max' }), (steps) => {
        const keys = new SortedKeys();
        const expected = new Set<string>();
        for (const [isAddition, key] of steps) {
          if (isAddition) {
            keys.add(key);
            expected.add(key);
          } else {
            keys.delete(key);
            expected.delete(key);
          }
        }

        const sorted = [...expected].sort();

        expect([...keys]).toEqual(sorted);
        expect([...keys.range('2', '4')]).toEqual(sorted.filter((key) => key >= '2' && key < '4'));
      }),
      { numRuns: 30 },
    );
  });
});
