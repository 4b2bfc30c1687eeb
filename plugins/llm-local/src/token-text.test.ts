import { describe, expect, it } from '@jest/globals';
import { TokenText } from './token-text.js';

const decoder = () => new TokenText<number>((tokens) => Buffer.from(tokens).toString('utf8'));

describe('TokenText', () => {
  it('holds a character back until its last byte has arrived', () => {
    const text = decoder();

    const parts = [...Buffer.from('a🧀b')].map((byte) => text.push(byte));

    expect(parts).toEqual(['a', '', '', '', '🧀', 'b']);
  });

  it('gives up on bytes that are no character', () => {
    const text = decoder();

    const parts = [0xff, 0xff, 0xff, 0xff, 0x61].map((byte) => text.push(byte));

    expect(parts.slice(0, 3)).toEqual(['', '', '']);
    expect(parts[4]).toBe('a');
  });

  it('gives out an unfinished character at the end', () => {
    const text = decoder();

    const parts = [text.push(0xf0), text.flush(), text.flush()];

    expect(parts).toEqual(['', '\uFFFD', '']);
  });
});
