import { describe, expect, it, jest } from '@jest/globals';
import { defineCapability } from './capability.js';

const define = (id: string, version: string) => defineCapability<object>()({ id, version, methods: {} });

describe('defineCapability', () => {
  it('takes its identity from id and major version', () => {
    const first = define('lamp', '1.0.0');
    const newer = define('lamp', '1.7.3');
    const next = define('lamp', '2.0.0');

    expect(first.key).toBe(Symbol.for('tiercel:lamp@1'));
    expect(newer.key).toBe(first.key);
    expect(next.key).not.toBe(first.key);
  });

  it('has the same identity in every copy of this package', async () => {
    const here = define('lamp', '1.0.0');
    jest.resetModules();
    const copy = await import('./capability.js');

    const there = copy.defineCapability<object>()({ id: 'lamp', version: '1.4.0', methods: {} });

    expect(copy.defineCapability).not.toBe(defineCapability);
    expect(there.key).toBe(here.key);
  });

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(define('lamp', '1.0.0'))).toBe(true);
  });

  it.each(['lamp', 'desk-lamp', 'lamp2', 'a-1-b'])('accepts the id "%s"', (id) => {
    expect(define(id, '1.0.0').id).toBe(id);
  });

  it.each(['', 'Lamp', 'desk lamp', 'desk_lamp', '-lamp', 'lamp-', 'desk--lamp', '2lamp', 'lamp@1', 'lämp'])(
    'refuses the id "%s"',
    (id) => {
      expect(() => define(id, '1.0.0')).toThrow(
        expect.objectContaining({ code: 'KERNEL_CAPABILITY_INVALID', details: { id, version: '1.0.0' } }),
      );
    },
  );

  it.each(['', '1', '1.0', 'v1.0.0', '1.0.0-beta', '^1.0.0', '1.0.x', ' 1.0.0'])(
    'refuses the version "%s"',
    (version) => {
      expect(() => define('lamp', version)).toThrow(
        expect.objectContaining({ code: 'KERNEL_CAPABILITY_INVALID' }),
      );
    },
  );
});
