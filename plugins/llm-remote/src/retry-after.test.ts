import { describe, expect, it } from '@jest/globals';
import { retryAfterMs } from './retry-after.js';

const EPOCH_MS = Date.UTC(2026, 0, 1, 12, 0, 0);

describe('retryAfterMs', () => {
  it.each([
    [{ 'retry-after-ms': '250' }, 250],
    [{ 'retry-after-ms': '250.5', 'retry-after': '7' }, 250.5],
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '1.5' }, 1_500],
    [{ 'retry-after': 'Thu, 01 Jan 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': '31536000' }, 31_536_000_000],
  ])('reads %j', (headers, ms) => {
    expect(retryAfterMs(headers, EPOCH_MS)).toBe(ms);
  });

  it.each([
    {},
    { 'retry-after': '' },
    { 'retry-after': 'soon' },
    { 'retry-after': '-5 seconds' },
    { 'retry-after-ms': '1e99' },
  ])('finds nothing in %j', (headers) => {
    expect(retryAfterMs(headers, EPOCH_MS)).toBeUndefined();
  });
});
