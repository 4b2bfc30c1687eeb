import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findLanguage } from './languages/index.js';
import { Speech } from './speech.js';

const speeches = new Map(['en', 'de', 'fr', 'es', 'tlh'].map((tag) => [tag, new Speech(tag)]));

function speechOf(tag: string): Speech {
  return speeches.get(tag) ?? new Speech(tag);
}

function words(text: string, tag = 'en'): string {
  return speechOf(tag).tokenizer.words(text).join(' ');
}

function longest(reader: 'numbers' | 'durations', text: string, tag = 'en'): number | undefined {
  const speech = speechOf(tag);
  const tokens = speech.tokenizer.tokenize(text);
  return speech[reader].find(tokens, 0).findLast(({ end }) => end === tokens.length)?.value;
}

describe('Tokenizer', () => {
  it.each([
    ['en', 'What’s the Time?!', 'what is time'],
    ['en', "I can't, won't and don't", 'i can not will not and do not'],
    ['en', 'living-room lamp, twenty-five', 'living room lamp twenty five'],
    ['en', '2.50 and 1,000 and 1,000.5', '2.5 and 1000 and 1000.5'],
    ['en', '50% of 5°C', '50 percent of 5 degrees c'],
    ['en', '3+4 5 - 3 × -2 well-known -x', '3 + 4 5 - 3 * - 2 well known x'],
    ['en', "o'clock", 'o clock'],
    ['de', 'Die Straße über den Fluss', 'strasse uber fluss'],
    ['de', '1.000 und 2,5', '1000 und 2.5'],
    ['de', 'zweitausendfünf', 'zwei tausend funf'],
    ['fr', "L'été à l’hôtel", 'ete a hotel'],
    ['es', '¿Cuál es la última?', 'cual es ultima'],
    ['tlh', 'nuqneH 1,5 the', 'nuqneh 1.5 the'],
  ])('reads %s "%s"', (tag, text, expected) => {
    expect(words(text, tag)).toBe(expected);
  });

  it('keeps numbers that are none as they are', () => {
    expect(words(`1.2.3 1,2,3 ${'9'.repeat(400)}`)).toBe(`1.2.3 1,2,3 ${'9'.repeat(400)}`);
  });

  it('knows where each word stood, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        for (const { start, end } of speechOf('en').tokenizer.tokenize(text)) {
          expect(text.slice(start, end)).not.toBe('');
        }
      }),
    );
  });
});

describe('NumberReader', () => {
  it.each(['en', 'de', 'fr', 'es'])('reads every number below 1,000 in %s, and no two alike', (tag) => {
    const misread: string[] = [];
    for (let number = 0; number < 1000; number++) {
      for (const spelling of findLanguage(tag).spell(number)) {
        if (longest('numbers', spelling, tag) !== number) misread.push(spelling);
      }
    }

    expect(misread).toEqual([]);
  });

  it.each([
    ['en', 'a thousand', 1000],
    ['en', 'twelve thousand three hundred and four', 12_304],
    ['en', 'two million five hundred thousand', 2_500_000],
    ['en', 'minus forty', -40],
    ['en', 'three point one four', 3.14],
    ['en', 'zero point zero five', 0.05],
    ['en', 'two and a half', 2.5],
    ['en', '5 million', 5_000_000],
    ['de', 'zweitausendfünfhundert', 2500],
    ['de', 'drei Komma eins vier', 3.14],
    ['de', 'anderthalb', 1.5],
    ['fr', 'mille neuf cent quatre-vingt-dix-neuf', 1999],
    ['fr', 'deux virgule cinq', 2.5],
    ['es', 'dos mil veintiséis', 2026],
    ['es', 'tres coma catorce', 3.14],
    ['tlh', '12', 12],
    ['en', 'forty of', undefined],
  ])('reads %s "%s"', (tag, text, value) => {
    expect(longest('numbers', text, tag)).toBe(value);
  });
});

describe('DurationReader', () => {
  it.each([
    ['en', 'an hour and a half', 5400],
    ['en', 'two and a half hours', 9000],
    ['en', 'half an hour', 1800],
    ['en', 'three quarters of an hour', 2700],
    ['en', '1 hour 30 minutes 5 seconds', 5405],
    ['en', 'a day', 86_400],
    ['en', 'five minutes and ten minutes', undefined],
    ['en', 'five', undefined],
    ['en', 'minus five minutes', undefined],
    ['de', 'eine Viertelstunde', 900],
    ['de', 'eine halbe Stunde', 1800],
    ['de', 'eine Stunde und zehn Minuten', 4200],
    ['fr', "un quart d'heure", 900],
    ['fr', 'une demi-heure', 1800],
    ['fr', 'deux heures et demie', 9000],
    ['es', 'hora y media', 5400],
    ['es', 'dos horas y diez minutos', 7800],
  ])('reads %s "%s"', (tag, text, seconds) => {
    expect(longest('durations', text, tag)).toBe(seconds);
  });
});
