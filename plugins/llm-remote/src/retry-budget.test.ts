import { describe, expect, it } from '@jest/globals';
import { RetryBudget } from './retry-budget.js';

describe('RetryBudget', () => {
  it('lets a fifth of many calls repeat, and five more', () => {
    const budget = new RetryBudget();

    let retries = 0;
    for (let call = 0; call < 1_000; call++) {
      budget.earn();
      while (budget.spend()) retries++;
    }

    expect(retries).toBe(204);
  });

  it('saves no more than five, however long all went well', () => {
    const budget = new RetryBudget();
    for (let call = 0; call < 1_000; call++) budget.earn();

    let retries = 0;
    while (budget.spend()) retries++;

    expect(retries).toBe(5);
  });
});
