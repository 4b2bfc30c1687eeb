import { describe, expect, it } from '@jest/globals';
import { readAnswer } from './answer-reading.js';
import { rejectTranscript } from './gate.js';
import { inLanguage } from './in-language.js';
import { sayingsOf } from './sayings.js';
import { completenessOf } from './words.js';

describe('inLanguage', () => {
  it('has what the table holds, and nothing for other languages', () => {
    expect(inLanguage({ en: 1 }, 'en')).toBe(1);
    expect(inLanguage({ en: 1 }, 'fr')).toBeUndefined();
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'takes "%s" for no language, wherever it is asked',
    (name) => {
      const evidence = { speechMs: 400, spanMs: 400, levelDbfs: -20, floorDbfs: -60 };

      expect(inLanguage({ en: 1 }, name)).toBeUndefined();
      expect(readAnswer('yes', name)).toBe('yes');
      expect(sayingsOf(name)).toBe(sayingsOf('en'));
      expect(completenessOf('It is warm.', name)).toBe('complete');
      expect(rejectTranscript('Thank you.', evidence, name)).toBeUndefined();
    },
  );
});
