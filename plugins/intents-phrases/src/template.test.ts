import { describe, expect, it } from '@jest/globals';
import { parseTemplate } from './template.js';

function ways(template: string): readonly string[] {
  const parsed = parseTemplate(template);
  if ('finding' in parsed) return [parsed.finding];
  return parsed.ways.map((way) =>
    way
      .map((element) => (element.type === 'words' ? element.text.trim() : `<${element.argument}>`))
      .filter((text) => text !== '')
      .join(' '),
  );
}

describe('parseTemplate', () => {
  it('unfolds alternatives and options', () => {
    expect(ways('(turn|switch) on [the|my] light')).toEqual([
      'turn on the light',
      'turn on my light',
      'turn on light',
      'switch on the light',
      'switch on my light',
      'switch on light',
    ]);
  });

  it('unfolds nested brackets', () => {
    expect(ways('a (b [c (d|e)]|f)')).toEqual(['a b c d', 'a b c e', 'a b', 'a f']);
  });

  it('reads slots with their own source, with choices, and constants', () => {
    const parsed = parseTemplate('{device} {state: ein = on | on }{level:=5}');

    expect(parsed).toMatchObject({
      ways: [
        [
          { type: 'slot', argument: 'device', choices: undefined },
          { type: 'words' },
          {
            type: 'slot',
            argument: 'state',
            choices: [
              { text: 'ein', value: 'on' },
              { text: 'on', value: 'on' },
            ],
          },
          { type: 'constant', argument: 'level', value: '5' },
        ],
      ],
    });
  });

  it.each([
    ['(a|b', '"(" is not closed by ")" (column 1)'],
    ['x (a|b] y', '"(" is not closed by ")" (column 3)'],
    ['[a', '"[" is not closed by "]" (column 1)'],
    ['a) b', '")" closes nothing (column 2)'],
    ['a} b', '"}" closes nothing (column 2)'],
    ['a {b', '"{" is not closed by "}" (column 3)'],
    ['a|b', '"|" stands outside of brackets (column 2)'],
    ['(a|)', 'an alternative is empty; use [ ] for what may be left out (column 5)'],
    ['light(s)', 'a bracket begins inside a word (column 6)'],
    ['[un]do', 'a bracket ends inside a word (column 5)'],
    ['{}', 'an argument in { } has no proper name (column 1)'],
    ['{a b}', 'an argument in { } has no proper name (column 1)'],
    ['{a:}', 'a choice of {a} has no words (column 1)'],
    ['{a:on|=off}', 'a choice of {a} has no words (column 1)'],
    ['('.repeat(40), 'brackets are nested too deeply (column 18)'],
    ['[a|b|c|d] '.repeat(6), 'there are more than 2000 ways through it (column 50)'],
    ['a'.repeat(9000), 'it has more than 8192 characters'],
  ])('says what is wrong with %s', (template, finding) => {
    expect(ways(template)).toEqual([finding]);
  });
});
