import { describe, expect, it } from '@jest/globals';
import { wrap } from './wrap.js';

describe('wrap', () => {
  it('leaves alone what fits', () => {
    expect(wrap('The lamp is on.', { columns: 40, indent: 10 })).toEqual(['The lamp is on.']);
  });

  it('breaks at spaces', () => {
    expect(wrap('The lamp in the living room is on.', { columns: 31, indent: 10 })).toEqual([
      'The lamp in the',
      'living room is on.',
    ]);
  });

  it('breaks a word that is longer than a line', () => {
    expect(wrap(`a ${'x'.repeat(45)} b`, { columns: 31, indent: 10 })).toEqual([
      'a',
      'x'.repeat(20),
      'x'.repeat(20),
      'xxxxx b',
    ]);
  });

  it('does not cut characters of several code units', () => {
    expect(wrap('🎉'.repeat(17), { columns: 17, indent: 0 })).toEqual(['🎉'.repeat(16), '🎉']);
  });

  it('does not get narrower than a reader can stand', () => {
    expect(wrap('turned on the lamp', { columns: 5, indent: 10 })).toEqual(['turned on the', 'lamp']);
  });

  it('gives an empty text as one empty line', () => {
    expect(wrap('', { columns: 40, indent: 0 })).toEqual(['']);
  });
});
