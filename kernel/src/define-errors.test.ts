import { describe, expect, it, jest } from '@jest/globals';
import { defineErrors, isTiercelError, TiercelError } from './define-errors.js';

const LampError = defineErrors(
  'LampError',
  {
    LAMP_BROKEN: (d: { lamp: string }) => `Lamp ${d.lamp} is broken. Put in a new bulb.`,
    LAMP_BUSY: (d: { waitedMs: number }) => `The lamp was busy for ${d.waitedMs} ms. Try again.`,
  },
  { retryable: ['LAMP_BUSY'] },
);

describe('defineErrors', () => {
  it('makes an error whose message is written from its details', () => {
    const error = new LampError('LAMP_BROKEN', { lamp: 'desk' });

    expect(error).toMatchObject({
      name: 'LampError',
      code: 'LAMP_BROKEN',
      message: 'Lamp desk is broken. Put in a new bulb.',
      details: { lamp: 'desk' },
      retryable: false,
    });
  });

  it('marks the codes after which the same call may succeed', () => {
    const error = new LampError('LAMP_BUSY', { waitedMs: 5 });

    expect(error.retryable).toBe(true);
  });

  it('keeps the cause, and has none when none was given', () => {
    const cause = new Error('fuse');

    expect(new LampError('LAMP_BROKEN', { lamp: 'desk' }, { cause }).cause).toBe(cause);
    expect('cause' in new LampError('LAMP_BROKEN', { lamp: 'desk' })).toBe(false);
  });

  it('copies the details, so that changing the original changes no error', () => {
    const details = { lamp: 'desk' };
    const error = new LampError('LAMP_BROKEN', details);

    details.lamp = 'floor';

    expect(error.details).toEqual({ lamp: 'desk' });
  });

  it('shows its catalogue for the reference page', () => {
    expect(Object.keys(LampError.messages)).toEqual(['LAMP_BROKEN', 'LAMP_BUSY']);
    expect([...LampError.retryable]).toEqual(['LAMP_BUSY']);
    expect(LampError.name).toBe('LampError');
  });

  it('is an error, a TiercelError and a LampError', () => {
    const error = new LampError('LAMP_BROKEN', { lamp: 'desk' });

    expect([error instanceof Error, error instanceof TiercelError, error instanceof LampError]).toEqual([
      true,
      true,
      true,
    ]);
    expect(error.stack).toContain('LampError');
  });
});

describe('isTiercelError', () => {
  it('knows an error of a catalogue, with or without its code', () => {
    const error = new LampError('LAMP_BROKEN', { lamp: 'desk' });

    expect([isTiercelError(error), isTiercelError(error, 'LAMP_BROKEN')]).toEqual([true, true]);
    expect(isTiercelError(error, 'LAMP_BUSY')).toBe(false);
  });

  it('knows an error from another copy of this package', async () => {
    jest.resetModules();
    const copy = await import('./define-errors.js');
    const error = new copy.TiercelError('LAMP_BROKEN', 'Broken.');

    expect(error).not.toBeInstanceOf(TiercelError);
    expect(isTiercelError(error, 'LAMP_BROKEN')).toBe(true);
  });

  it.each([
    ['an error of Node', Object.assign(new Error('gone'), { code: 'ENOENT' })],
    ['a plain error', new Error('gone')],
    ['data that looks like one', { code: 'LAMP_BROKEN', retryable: false }],
    ['null', null],
    ['undefined', undefined],
    ['a text', 'LAMP_BROKEN'],
  ])('is not fooled by %s', (_title, value) => {
    expect(isTiercelError(value)).toBe(false);
  });
});
