import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { capText } from './cap-text.js';
import { cleanEnds, cleanText } from './clean-text.js';
import { jsonTextOf } from './json-text.js';

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

describe('cleanEnds', () => {
  it('cleans and keeps both ends of a text, however long it is', () => {
    const text = `\u001b[31mfirst\u001b[0m${'x'.repeat(5_000_000)}\u001b[32mlast\u0007`;

    const cleaned = cleanEnds(text, 200);

    expect(cleaned).toMatch(/^firstx+\n\[\.\.\. 4999\d\d\d bytes left out \.\.\.\]\nx+last$/);
    expect(Buffer.byteLength(cleaned)).toBeLessThanOrEqual(200);
  });
});

describe('jsonTextOf', () => {
  it('writes the JSON of every value that is JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const json = await jsonTextOf(value, 1_000_000);

        expect(json).toEqual({ text: JSON.stringify(clean(value)), isWhole: true });
      }),
    );
  });

  it('takes values as JSON does', async () => {
    const value = {
      date: new Date(0),
      list: [undefined, () => 1, Number.NaN],
      none: undefined,
      map: new Map(),
    };

    expect((await jsonTextOf(value, 1_000))?.text).toBe(JSON.stringify(value));
    expect((await jsonTextOf(undefined, 1_000))?.text).toBe('null');
  });

  it('keeps both ends of what is too long', async () => {
    const json = await jsonTextOf({ first: Array(10_000).fill('ä'), last: true }, 300);

    expect(json?.text).toMatch(/^\{"first":\["ä".* bytes left out .*"ä"\],"last":true\}$/s);
    expect(json?.isWhole).toBe(false);
    expect(Buffer.byteLength(json?.text ?? '')).toBeLessThanOrEqual(300);
  });

  it('takes names that every object has for names like any other', async () => {
    const value = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}');

    expect(JSON.parse((await jsonTextOf(value, 1_000))?.text ?? '')).toEqual(value);
  });

  it('refuses circles, depths and what is no JSON', async () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = [circle];
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];

    expect(await Promise.all([circle, deep, 1n, () => 1].map((value) => jsonTextOf(value, 100)))).toEqual(
      Array(4).fill(undefined),
    );
  });
});

/** The same value with clean strings and names. */
function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(clean);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [cleanText(name), clean(member)]));
}

describe('capText', () => {
  it('leaves short text alone', () => {
    expect(capText('äöü', 6)).toBe('äöü');
  });

  it('keeps beginning and end and says how much is missing', () => {
    expect(capText(`${'a'.repeat(500)}${'z'.repeat(500)}`, 60)).toMatch(
      /^a+\n\[\.\.\. 9\d\d bytes left out \.\.\.\]\nz+$/,
    );
  });

  it('keeps a thousand lines of each end', () => {
    const text = Array.from({ length: 5_000 }, (_, n) => `line ${n}`).join('\n');

    const lines = capText(text, 1_000_000).split('\n');

    expect(lines).toHaveLength(2_001);
    expect([lines[0], lines[999], lines[1_001], lines[2_000]]).toEqual([
      'line 0',
      'line 999',
      'line 4000',
      'line 4999',
    ]);
    expect(lines[1_000]).toMatch(/^\[\.\.\. \d+ bytes left out \.\.\.\]$/);
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
