import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.js';

describe('canonicalJson', () => {
  it('is the same for equal values, whatever the order of their keys', () => {
    const one = canonicalJson({ a: 1, b: { c: 2, d: [3, { e: 4, f: 5 }] } });
    const other = canonicalJson({ b: { d: [3, { f: 5, e: 4 }], c: 2 }, a: 1 });

    expect(one).toBe(other);
    expect(one).not.toBe(canonicalJson({ a: 1, b: { c: 2, d: [{ e: 4, f: 5 }, 3] } }));
  });

  it('loses nothing of any value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('keeps names that every object has', () => {
    expect(canonicalJson(JSON.parse('{"then": 1, "__proto__": {"a": 2}}'))).toBe(
      '{"__proto__":{"a":2},"then":1}',
    );
  });
});
