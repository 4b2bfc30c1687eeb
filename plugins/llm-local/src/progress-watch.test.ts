import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ProgressWatch } from './progress-watch.js';

describe('ProgressWatch', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('speaks up once after 10 s without a step', () => {
    const stuck: number[] = [];
    new ProgressWatch((waitedMs) => stuck.push(waitedMs));

    jest.advanceTimersByTime(9_999);
    const early = [...stuck];
    jest.advanceTimersByTime(60_000);

    expect([early, stuck]).toEqual([[], [10_000]]);
  });

  it('waits longer where every step takes long', () => {
    const stuck: number[] = [];
    const watch = new ProgressWatch((waitedMs) => stuck.push(waitedMs));

    for (let i = 0; i < 3; i++) {
      jest.advanceTimersByTime(2_000);
      watch.advance();
    }
    jest.advanceTimersByTime(39_999);
    const early = [...stuck];
    jest.advanceTimersByTime(1);

    expect([early, stuck]).toEqual([[], [40_000]]);
  });

  it('is silent once it is stopped', () => {
    const stuck: number[] = [];
    const watch = new ProgressWatch((waitedMs) => stuck.push(waitedMs));

    watch.stop();
    jest.advanceTimersByTime(60_000);

    expect(stuck).toEqual([]);
  });
});
