import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readAnswer } from './answer-reading.js';

describe('readAnswer', () => {
  it.each([
    ['en', 'Yes.'],
    ['en', 'yeah, sure'],
    ['en', 'OK, go ahead, please'],
    ['en', 'Yes, do it!'],
    ['de', 'Ja bitte.'],
    ['de', 'Na klar, mach das'],
    ['de', 'Einverstanden'],
    ['fr', 'Oui, vas-y.'],
    ['fr', 'D’accord, merci'],
    ['fr', 'Bien sûr'],
    ['es', 'Sí, por favor'],
    ['es', 'Claro que sí'],
  ])('takes "%s: %s" for a yes', (language, text) => {
    expect(readAnswer(text, language)).toBe('yes');
  });

  it.each([
    ['en', 'No.'],
    ['en', 'no thanks'],
    ['en', 'Don’t do it'],
    ['en', 'please do not'],
    ['en', 'not now'],
    ['de', 'Nein danke!'],
    ['de', 'Lieber nicht'],
    ['de', 'Mach das bitte nicht'],
    ['fr', 'Non merci'],
    ['fr', 'Surtout pas'],
    ['es', 'No, gracias'],
    ['es', 'Mejor no'],
  ])('takes "%s: %s" for a no', (language, text) => {
    expect(readAnswer(text, language)).toBe('no');
  });

  it.each([
    ['en', ''],
    ['en', '?!'],
    ['en', 'please'],
    ['en', 'yes, but only the lamp'],
    ['en', 'yes no'],
    ['en', 'What time is it?'],
    ['en', 'yesterday'],
    ['en', 'I know'],
    ['de', 'ja, aber nicht das Licht'],
    ['fr', 'oui non'],
    ['de', 'yes it is'],
  ])('takes "%s: %s" for no answer', (language, text) => {
    expect(readAnswer(text, language)).toBeUndefined();
  });

  it('reads English where it does not know the language', () => {
    expect(readAnswer('Yes', 'tlh')).toBe('yes');
  });

  it('never takes a sentence with a word that belongs to no answer for one', () => {
    const words = fc.array(fc.constantFrom('yes', 'no', 'please', 'sure', 'not', 'now'), { maxLength: 6 });

    fc.assert(
      fc.property(words, words, fc.constantFrom('en', 'de', 'fr', 'es'), (before, after, language) => {
        expect(readAnswer([...before, 'oven', ...after].join(' '), language)).toBeUndefined();
      }),
    );
  });

  it('does not depend on case, punctuation or spaces', () => {
    const marks = fc.array(fc.constantFrom(' ', '.', '!', '…', ',', '\n'), { maxLength: 4 });

    fc.assert(
      fc.property(marks, marks, fc.boolean(), (before, after, isLoud) => {
        const text = `${before.join('')}yes ${after.join('')} please${after.join('')}`;

        expect(readAnswer(isLoud ? text.toUpperCase() : text, 'en')).toBe('yes');
      }),
    );
  });
});
