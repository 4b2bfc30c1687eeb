import { describe, expect, it } from '@jest/globals';
import { keyOf, nameFinding } from './name-finding.js';

describe('nameFinding', () => {
  it.each(['lamp', 'lamp2', 'morse-voice', 'a.b_c', '@you/lamp', '@9-you/morse-voice', 'x'.repeat(214)])(
    'takes "%s"',
    (name) => {
      expect(nameFinding(name)).toBeUndefined();
    },
  );

  it.each([
    ['', 'it is empty'],
    ['x'.repeat(215), 'it is longer than 214 characters'],
    ['Lamp', 'it has upper-case letters'],
    ['fs', 'a module of Node is called that'],
    ['node_modules', 'this name means something else'],
    ['@you/null', 'this name means something else'],
  ])('refuses "%s"', (name, finding) => {
    expect(nameFinding(name)).toBe(finding);
  });

  it.each([
    ' lamp',
    'my lamp',
    '../lamp',
    '.lamp',
    '_lamp',
    '2lamp',
    '@you',
    '@you/',
    '@/lamp',
    'a/b',
    '@a/b/c',
    'lämp',
  ])('refuses "%s", which npm would not take or a manifest not read as a name', (name) => {
    expect(nameFinding(name)).toContain('it is not made of letters');
  });
});

describe('keyOf', () => {
  it('is the name without its scope', () => {
    expect([keyOf('lamp'), keyOf('@you/lamp')]).toEqual(['lamp', 'lamp']);
  });
});
