import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ExpiryQueue } from './expiry-queue.js';

describe('ExpiryQueue', () => {
  it('gives the earliest end first, whatever the order they came in', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100)), fc.nat(100), (times, limitMs) => {
        const queue = new ExpiryQueue();
        for (const [revision, atMs] of times.entries()) queue.add({ key: 'k', revision, atMs });
        queue.keep(({ atMs }) => atMs <= limitMs);

        const taken: number[] = [];
        for (let first = queue.first; first; first = queue.first) {
          taken.push(first.atMs);
          queue.removeFirst();
        }

        expect(taken).toEqual(times.filter((atMs) => atMs <= limitMs).sort((a, b) => a - b));
      }),
    );
  });
});
