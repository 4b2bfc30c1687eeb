import { describe, expect, it } from '@jest/globals';
import { threadCount } from './thread-count.js';

describe('threadCount', () => {
  it('leaves one core to everything else', () => {
    expect([2, 4, 8].map((cores) => threadCount(cores))).toEqual([1, 3, 7]);
  });

  it('is at least 1', () => {
    expect(threadCount(1)).toBe(1);
  });
});
