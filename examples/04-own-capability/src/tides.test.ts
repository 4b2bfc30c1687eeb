import { describe, expect, it } from '@jest/globals';
import { CountedTides } from './counted-tides.js';
import { describeTidesContract, FakeTides } from './testing.js';

describeTidesContract('FakeTides', () => {
  const provider = new FakeTides();
  return { provider, close: () => expect(provider.readers).toBe(0) };
});

describe('CountedTides', () => {
  it('counts forwards and backwards from one high water', async () => {
    const highWaterMs = Date.parse('2026-03-01T03:52Z');
    const tides = new CountedTides('almanac', () => highWaterMs);
    const around = ['2026-02-28T12:00Z', '2026-03-01T12:00Z'].map((time) => Date.parse(time));

    const found = await Promise.all(around.map((fromMs) => tides.next('Dover', { kind: 'low', fromMs })));

    expect(found.map(({ atMs }) => new Date(atMs).toISOString().slice(0, 16))).toEqual([
      '2026-02-28T21:39',
      '2026-03-01T22:29',
    ]);
  });
});
