import { describe, expect, it } from '@jest/globals';
import { Clock } from '@tiercel/capabilities/clock';
import { describeClockContract } from '@tiercel/capabilities/clock/testing';
import { bootTest } from '@tiercel/testkit';
import plugin from './index.js';

const start = (timeZone = '') => bootTest({ plugins: [plugin], config: { 'plugin-name': { timeZone } } });

// A clock answers at once, so it runs in the process of whoever asks it and nowhere else.
describeClockContract('plugin-name', async () => {
  const test = await start();
  return { provider: test.get(Clock), close: async () => await test[Symbol.asyncDispose]() };
});

describe('plugin-name', () => {
  it('tells the time of the zone that it is given', async () => {
    await using test = await start('Asia/Tokyo');

    expect(test.get(Clock).timeZone()).toBe('Asia/Tokyo');
  });

  it('does not start with a zone that nobody knows', async () => {
    await expect(start('Moon/Crater')).rejects.toThrow('There is no time zone "Moon/Crater"');
  });
});
