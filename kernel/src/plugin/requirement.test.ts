import { describe, expect, it } from '@jest/globals';
import { Greeter } from '../plugins.test.support.js';
import { lazy, many, normalizeRequirement, one, optional } from './requirement.js';

describe('normalizeRequirement', () => {
  it('reads a bare token as exactly one provider of a compatible version', () => {
    expect(normalizeRequirement(Greeter, 'greeter')).toEqual({
      kind: 'one',
      capability: Greeter,
      version: '^1.2.0',
    });
  });

  it('keeps the kind and the range of each form', () => {
    const forms = [
      one(Greeter, { version: '>=1.1' }),
      optional(Greeter),
      many(Greeter, { version: '1.x' }),
      lazy(Greeter),
    ];

    expect(forms.map((form) => normalizeRequirement(form, 'greeter'))).toEqual([
      { kind: 'one', capability: Greeter, version: '>=1.1' },
      { kind: 'optional', capability: Greeter, version: '^1.2.0' },
      { kind: 'many', capability: Greeter, version: '1.x' },
      { kind: 'lazy', capability: Greeter, version: '^1.2.0' },
    ]);
  });

  it.each([
    ['undefined, as an import cycle leaves it', undefined],
    ['null', null],
    ['an empty object', {}],
    ['a form without a token', { kind: 'one', version: '^1.0.0' }],
    ['a text', 'greeter'],
    ['a number', 5],
  ])('refuses %s and names the requirement', (_title, value) => {
    expect(() => normalizeRequirement(value, 'hello')).toThrow(
      expect.objectContaining({ code: 'KERNEL_REQUIREMENT_INVALID', details: { name: 'hello' } }),
    );
  });
});
