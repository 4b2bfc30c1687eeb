import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { capText } from './cap-text.js';
import { cleanText } from './clean-text.js';

describe('cleanText', () => {
  it.each([
    ['colours', '\u001b[1;31mred\u001b[0m \u009b32mgreen', 'red green'],
    ['window titles', 'a\u001b]0;title\u0007b\u001b]8;;http://x\u001b\\link', 'ablink'],
    ['cursor movements and resets', '\u001b[2J\u001b[H\u001bcx\u001b(By', 'xy'],
    ['bells, backspaces and zeros', 'a\u0007\b\u0000\u007fb', 'ab'],
    ['turned writing', 'a\u202eb\u2066c', 'abc'],
    ['carriage returns', 'a\r\nb\rc', 'a\nb\nc'],
    ['halves of characters', 'a\ud83d', 'a\ufffd'],
  ])('removes %s', (_, text, cleaned) => {
    expect(cleanText(text)).toBe(cleaned);
  });

  it('leaves tabs, newlines and all written languages alone', () => {
    const text = 'Grüße,\t東京\n👩‍👩‍👧 שלום';

    expect(cleanText(text)).toBe(text);
  });

  it('leaves no control character in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(cleanText(text)).not.toMatch(/[^\P{Cc}\t\n]/u);
      }),
    );
  });
});

describe('capText', () => {
  it('leaves short text alone', () => {
    expect(capText('äöü', 6)).toBe('äöü');
  });

  it('keeps beginning and end and says how much is missing', () => {
    expect(capText(`${'a'.repeat(500)}${'z'.repeat(500)}`, 60)).toMatch(
      /^a+\n\[\.\.\. 9\d\d bytes left out \.\.\.\]\nz+$/,
    );
  });

  it('never exceeds its bytes and never cuts a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', size: 'large' }), fc.nat(200), (text, maxBytes) => {
        const capped = capText(text, maxBytes);

        expect(Buffer.byteLength(capped)).toBeLessThanOrEqual(maxBytes);
        expect(capped).not.toContain('\ufffd');
      }),
    );
  });
});
