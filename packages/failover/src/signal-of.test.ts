import { describe, expect, it } from '@jest/globals';
import { signalOf } from './signal-of.js';

describe('signalOf', () => {
  it('finds the signal among the options of a call, or as an argument of its own', () => {
    const { signal } = new AbortController();

    expect(signalOf(['why', { language: 'en', signal }])).toBe(signal);
    expect(signalOf(['why', signal])).toBe(signal);
  });

  it('finds none where there is none', () => {
    expect(signalOf([])).toBeUndefined();
    expect(signalOf(['why', null, undefined, { signal: undefined }, { signal: 'red' }])).toBeUndefined();
  });
});
