import { describe, expect, it } from '@jest/globals';
import { evaluateWhen, parseFlag } from './when.js';

const environment = { YES: 'true', NO: 'false', EMPTY: '', ROLE: 'edge', OTHER: 'edge', ODD: 'maybe' };

describe('parseFlag', () => {
  it.each(['true', 'TRUE', ' yes ', 'on', '1'])('reads "%s" as true', (text) => {
    expect(parseFlag(text)).toBe(true);
  });

  it.each([undefined, '', '  ', 'false', 'No', 'off', '0'])('reads %j as false', (text) => {
    expect(parseFlag(text)).toBe(false);
  });

  it.each(['2', 'y', 'ja', 'truee', 'null'])('does not guess what "%s" means', (text) => {
    expect(parseFlag(text)).toBeUndefined();
  });
});

describe('evaluateWhen', () => {
  it.each([
    ['YES', true],
    ['NO', false],
    ['EMPTY', false],
    ['UNSET', false],
    ['!NO', true],
    ['!!YES', true],
    ["ROLE == 'edge'", true],
    ['ROLE == "edge"', true],
    ["ROLE != 'edge'", false],
    ["ROLE == 'Edge'", false],
    ['ROLE == OTHER', true],
    ["'edge' == ROLE", true],
    ["UNSET == ''", true],
    ["ODD == 'maybe'", true],
    ['YES && NO', false],
    ['YES || NO', true],
    ['YES || YES && NO', true],
    ['(YES || YES) && NO', false],
    ['NO || NO || YES', true],
    ['YES && YES && NO', false],
    ["!ROLE == 'mid'", true],
    ["!(ROLE == 'edge' || YES)", false],
    ['  YES  ', true],
    ["YES&&ROLE=='edge'", true],
    ['constructor', false],
    ['__proto__', false],
    ["toString == ''", true],
  ])('decides %s', (expression, holds) => {
    expect(evaluateWhen(expression, environment)).toEqual({ ok: true, holds });
  });

  it.each([
    ['', 'it is empty'],
    ['   ', 'it is empty'],
    ['ODD', 'variable ODD is neither true nor false'],
    ['YES || ODD', 'variable ODD is neither true nor false'],
    ["'edge'", "the text 'edge' stands alone; compare it with == or !="],
    ['YES &&', 'a name is missing at the end'],
    ['&& YES', 'a name is expected before "&&"'],
    ['YES NO', '"NO" at character 5 is not expected there'],
    ['  YES  NO', '"NO" at character 8 is not expected there'],
    ['(YES', 'a ")" is missing'],
    ['YES)', '")" at character 4 is not expected there'],
    ['()', 'a name is expected before ")"'],
    ['ROLE == OTHER == YES', '"==" at character 15 is not expected there'],
    ['ROLE = OTHER', 'character 6 of "ROLE = OTHER" cannot be read'],
    ['YES & NO', 'character 5 of "YES & NO" cannot be read'],
    ["ROLE == 'edge", 'character 9 of "ROLE == \'edge" cannot be read'],
    ['process.exit()', 'character 8 of "process.exit()" cannot be read'],
    ['$YES', 'character 1 of "$YES" cannot be read'],
    ['1', 'character 1 of "1" cannot be read'],
  ])('says what is wrong with %j', (expression, finding) => {
    expect(evaluateWhen(expression, environment)).toEqual({ ok: false, finding });
  });

  it.each(['(', '!'])('refuses an endless row of "%s" instead of overflowing', (text) => {
    expect(evaluateWhen(text.repeat(100_000), environment)).toEqual({
      ok: false,
      finding: 'it is longer than 1000 characters',
    });
  });
});
