import { describe, expect, it } from '@jest/globals';
import { flagOf, millisecondsOf } from './variables.js';

describe('variables of the environment', () => {
  it('are milliseconds, and the default where they are not set or empty', () => {
    const environment = { A: '1500', B: '' };

    const read = ['A', 'B', 'C'].map((name) => millisecondsOf(environment, name, 7));

    expect(read).toEqual([1500, 7, 7]);
  });

  it.each(['12abc', '-5', '0', '1e3', '1.5', '99999999999', '2147483648'])(
    'are refused when %s stands where milliseconds should',
    (value) => {
      expect(() => millisecondsOf({ STOP_TIMEOUT_MS: value }, 'STOP_TIMEOUT_MS', 7)).toThrow(
        expect.objectContaining({
          code: 'CLI_VARIABLE_WRONG',
          message: expect.stringContaining(`STOP_TIMEOUT_MS is "${value}"`),
        }),
      );
    },
  );

  it('are flags in the words of people', () => {
    const environment = { A: 'yes', B: 'off', C: '' };

    expect(['A', 'B', 'C', 'D'].map((name) => flagOf(environment, name))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('are refused when a flag is neither true nor false', () => {
    expect(() => flagOf({ MODELS_OFFLINE: 'maybe' }, 'MODELS_OFFLINE')).toThrow(
      expect.objectContaining({ code: 'CLI_VARIABLE_WRONG' }),
    );
  });
});
