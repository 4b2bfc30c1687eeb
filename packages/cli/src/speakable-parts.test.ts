import { describe, expect, it } from '@jest/globals';
import { speakableParts } from './speakable-parts.js';

describe('speakableParts', () => {
  it('cuts at the ends of sentences', () => {
    expect(speakableParts('It is ten. Shall I wake you?\nGood night!')).toEqual([
      'It is ten.',
      'Shall I wake you?',
      'Good night!',
    ]);
  });

  it('cuts a sentence that is too long at a space', () => {
    const parts = speakableParts('tall tree '.repeat(100));

    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(240);
    expect(parts.join(' ')).toBe('tall tree '.repeat(100).trim());
  });

  it('cuts a word without an end somewhere', () => {
    expect(speakableParts('a'.repeat(500)).map(({ length }) => length)).toEqual([240, 240, 20]);
  });

  it('finds nothing in spaces', () => {
    expect(speakableParts(' \n ')).toEqual([]);
  });
});
