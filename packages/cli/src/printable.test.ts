import { describe, expect, it } from '@jest/globals';
import { printable } from './printable.js';

describe('printable', () => {
  it('leaves words of any language alone', () => {
    expect(printable('Grüße, 你好 🎉 שלום')).toBe('Grüße, 你好 🎉 שלום');
  });

  it('puts a mark where a character would steer the terminal', () => {
    expect(printable('a\u001b]0;title\u0007b\u009b2Jc\u0000')).toBe('a\ufffd]0;title\ufffdb\ufffd2Jc\ufffd');
  });

  it('makes one line of several', () => {
    expect(printable('one\r\ntwo\tthree')).toBe('one two three');
  });

  it('does not let text run backwards', () => {
    expect(printable('\u202eabc')).toBe('\ufffdabc');
  });
});
