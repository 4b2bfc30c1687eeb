import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyRing, may, sha256 } from './key-ring.js';

const ring = new KeyRing([
  { name: 'kitchen', scopes: ['models:assistant'], digest: sha256('kitchen-key') },
  { name: 'umlaut', scopes: ['models'], digest: sha256('schlüssel') },
]);

describe('KeyRing', () => {
  it.each([
    ['Bearer kitchen-key', 'kitchen'],
    ['bearer kitchen-key', 'kitchen'],
    ['BEARER   kitchen-key  ', 'kitchen'],
    // Node hands out the bytes of a header as latin1.
    [`Bearer ${Buffer.from('schlüssel').toString('latin1')}`, 'umlaut'],
  ])('knows %j', (header, name) => {
    expect(ring.find(header)).toEqual({ name, scopes: [expect.any(String)] });
  });

  it.each([
    undefined,
    '',
    'kitchen-key',
    'Basic kitchen-key',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearerkitchen-key',
  ])('finds no key in %j', (header) => {
    expect(ring.find(header)).toBe('missing');
  });

  it.each([
    'Bearer other',
    'Bearer kitchen-key2',
    'Bearer KITCHEN-KEY',
    'Bearer \u00ff\u00fe',
    `Bearer ${'x'.repeat(8_000)}`,
  ])('does not know %j', (header) => {
    expect(ring.find(header)).toBe('wrong');
  });

  it('answers whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (bytes) => {
        expect(['missing', 'wrong']).toContain(ring.find(`Bearer ${bytes}`));
      }),
    );
  });
});

describe('may', () => {
  const caller = { name: 'x', scopes: ['models:assistant', 'tools'] };

  it.each([
    ['models', 'assistant', true],
    ['models', 'other', false],
    ['models', undefined, false],
    ['tools', 'any', true],
    ['tools', undefined, true],
    ['metrics', undefined, false],
    ['models:assistant', undefined, true],
  ] as const)('%s %s → %s', (area, thing, isAllowed) => {
    expect(may(caller, area, thing)).toBe(isAllowed);
  });
});
