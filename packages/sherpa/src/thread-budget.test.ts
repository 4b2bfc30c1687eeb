import { describe, expect, it } from '@jest/globals';
import { usableCores } from '@tiercel/kernel';
import { threadBudget } from './thread-budget.js';

describe('threadBudget', () => {
  it('gives what was asked for, as long as there are cores', () => {
    expect([1, 2, 8].map((wanted) => threadBudget(wanted, { cores: 4 }))).toEqual([1, 2, 4]);
  });

  it('gives at least one thread', () => {
    expect(threadBudget(0, { cores: 4 })).toBe(1);
  });

  it('measures the machine unless told', () => {
    expect(threadBudget(1_000_000)).toBe(usableCores());
  });
});
