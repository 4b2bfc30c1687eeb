import { inLanguage } from './in-language.js';

/** Words whose full stop does not end a sentence, by language, in lower case and without that stop. */
const ABBREVIATIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  en: new Set(
    'mr mrs ms mx dr prof st mt vs e.g i.e eg ie viz cf approx dept gov hon lt col sgt capt rev ave blvd rd jan feb apr jun jul aug sep sept oct nov dec tel'.split(
      ' ',
    ),
  ),
  de: new Set(
    'z.b d.h u.a u.u s.o s.u z.t bzw ca nr str hr fr dr prof evtl ggf inkl exkl zzgl vgl abb tel mind max min'.split(
      ' ',
    ),
  ),
  fr: new Set('m mm mme mlle dr pr st ste cf p.ex av env tél'.split(' ')),
  es: new Set('sr sra srta dr dra prof ud uds p.ej av núm tel'.split(' ')),
};

/** These may end a sentence; then the next one begins with a capital letter. */
const AMBIGUOUS = new Set(
  'etc inc ltd co corp jr sr a.m p.m am pm usw u.s.w u.s u.k u.n d.c e.u ph.d'.split(' '),
);

/** These are abbreviations in front of a number only. */
const BEFORE_NUMBERS = new Set('no nos p pp vol fig ch sec art par'.split(' '));

/** Whether the full stop behind `word` belongs to the word, given the character that the next word begins with. */
export function isAbbreviation(word: string, next: string, language: string): boolean {
  const lower = word.toLowerCase();
  if (AMBIGUOUS.has(lower)) return !/\p{Lu}/u.test(next);
  if (BEFORE_NUMBERS.has(lower)) return /\p{N}/u.test(next);
  if (inLanguage(ABBREVIATIONS, language)?.has(lower)) return true;
  if (language === 'de' && /^\d{1,2}$/.test(word)) return true;
  return isInitial(word, language);
}

/** "J." in "J. Smith", "S.A." in "S.A. Jones". */
function isInitial(word: string, language: string): boolean {
  if (word === 'I' && language === 'en') return false;
  return /^(\p{L}\.)*\p{Lu}$/u.test(word);
}
