import { inLanguage } from './in-language.js';

/** How an answer to a yes-or-no question reads; `undefined` if it is none. */
export type Answer = 'yes' | 'no';

interface AnswerWords {
  readonly yes: readonly string[];
  readonly no: readonly string[];
  /** Say nothing by themselves and may stand around an answer. */
  readonly fillers: readonly string[];
}

const ENGLISH: AnswerWords = {
  yes: [
    'yes',
    'yeah',
    'yep',
    'yup',
    'aye',
    'sure',
    'of course',
    'ok',
    'okay',
    'all right',
    'alright',
    'correct',
    'go ahead',
    'go on',
    'do it',
    'do that',
    'you may',
    'you can',
    'i do',
    'i allow it',
    'that is fine',
    'fine',
    'absolutely',
    'definitely',
    'certainly',
  ],
  no: [
    'no',
    'nope',
    'nah',
    'do not',
    'don t',
    'do not do it',
    'don t do it',
    'do not do that',
    'don t do that',
    'better not',
    'rather not',
    'not now',
    'no way',
    'never',
    'never mind',
    'leave it',
    'stop',
    'cancel',
  ],
  fillers: ['please', 'thanks', 'thank you', 'oh', 'well', 'um', 'uh', 'er', 'hm', 'then', 'now', 'just'],
};

const WORDS: Readonly<Record<string, AnswerWords>> = {
  en: ENGLISH,
  de: {
    yes: [
      'ja',
      'jo',
      'jawohl',
      'jep',
      'klar',
      'na klar',
      'sicher',
      'aber sicher',
      'natürlich',
      'gerne',
      'gern',
      'ok',
      'okay',
      'in ordnung',
      'einverstanden',
      'mach das',
      'mach es',
      'mach mal',
      'tu das',
      'tu es',
      'du darfst',
      'darfst du',
      'richtig',
      'genau',
    ],
    no: [
      'nein',
      'nee',
      'ne',
      'nö',
      'nicht',
      'lieber nicht',
      'besser nicht',
      'bitte nicht',
      'auf keinen fall',
      'mach das nicht',
      'mach es nicht',
      'tu das nicht',
      'tu es nicht',
      'jetzt nicht',
      'lass das',
      'lass es',
      'lass mal',
      'stopp',
      'stop',
      'abbrechen',
      'niemals',
    ],
    fillers: [
      'bitte',
      'danke',
      'doch',
      'mal',
      'nur',
      'ruhig',
      'also',
      'äh',
      'ähm',
      'hm',
      'dann',
      'jetzt',
      'na',
      'schön',
    ],
  },
  fr: {
    yes: [
      'oui',
      'ouais',
      'bien sûr',
      'd accord',
      'ok',
      'okay',
      'vas y',
      'allez y',
      'allez',
      'fais le',
      'faites le',
      'volontiers',
      'certainement',
      'absolument',
      'c est bon',
      'tu peux',
      'vous pouvez',
    ],
    no: [
      'non',
      'surtout pas',
      'pas maintenant',
      'pas du tout',
      'ne fais pas ça',
      'ne le fais pas',
      'ne le faites pas',
      'laisse',
      'laisse tomber',
      'laissez',
      'arrête',
      'arrêtez',
      'annule',
      'annulez',
      'jamais',
      'stop',
    ],
    fillers: [
      'merci',
      's il te plaît',
      's il vous plaît',
      'euh',
      'ben',
      'alors',
      'donc',
      'je t en prie',
      'je vous en prie',
    ],
  },
  es: {
    yes: [
      'sí',
      'si',
      'claro',
      'claro que sí',
      'por supuesto',
      'de acuerdo',
      'vale',
      'ok',
      'okay',
      'adelante',
      'hazlo',
      'hágalo',
      'está bien',
      'bueno',
      'puedes',
      'cierto',
    ],
    no: [
      'no',
      'ahora no',
      'mejor no',
      'no lo hagas',
      'no lo haga',
      'de ninguna manera',
      'para nada',
      'déjalo',
      'déjelo',
      'cancela',
      'cancelar',
      'para',
      'nunca',
      'jamás',
    ],
    fillers: ['por favor', 'gracias', 'eh', 'este', 'pues', 'entonces', 'muchas'],
  },
};

/**
 * Reads an answer only where every word belongs to one: "yes, but only the lamp" is something else, and so is a yes beside
 * a no. Nothing may run because of half a sentence.
 */
export function readAnswer(text: string, language: string): Answer | undefined {
  const words = inLanguage(WORDS, language) ?? ENGLISH;
  const said = plain(text);
  return readAll(said, words) ?? readAll(withoutFillers(said, words), words);
}

function readAll(text: string, { yes, no, fillers }: AnswerWords): Answer | undefined {
  let rest = text;
  const found = new Set<Answer>();
  while (rest !== '') {
    const noLength = longestStart(rest, no);
    const yesLength = longestStart(rest, yes);
    const length = Math.max(noLength, yesLength, longestStart(rest, fillers));
    if (length === 0) return undefined;
    if (length === noLength) found.add('no');
    else if (length === yesLength) found.add('yes');
    rest = rest.slice(length).trimStart();
  }
  const [answer] = found;
  return found.size === 1 ? answer : undefined;
}

/** "Mach das bitte nicht" is "mach das nicht". */
function withoutFillers(text: string, { fillers }: AnswerWords): string {
  return text
    .split(' ')
    .filter((word) => !fillers.includes(word))
    .join(' ');
}

function longestStart(text: string, phrases: readonly string[]): number {
  const starting = phrases.filter((phrase) => text === phrase || text.startsWith(`${phrase} `));
  return Math.max(0, ...starting.map(({ length }) => length));
}

function plain(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
