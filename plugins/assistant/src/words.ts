import { inLanguage } from './in-language.js';

/** In front of these a first segment may end. */
const CONJUNCTIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  en: new Set('and but or so because although while which that when if'.split(' ')),
  de: new Set('und aber oder denn weil obwohl während dass wenn'.split(' ')),
  fr: new Set('et mais ou donc car parce quoique quand si'.split(' ')),
  es: new Set('y e pero o porque aunque mientras cuando si que'.split(' ')),
};

/** A sentence that ends with one of these goes on, and so does one that ends with a conjunction. */
const UNFINISHED: Readonly<Record<string, ReadonlySet<string>>> = {
  en: new Set(
    'the a an to of in on at for with from by about into my your his her its our their um uh er hmm well like then is are was i and/or'.split(
      ' ',
    ),
  ),
  de: new Set(
    'der die das den dem des ein eine einen einem zu von in im am auf für mit aus bei mein dein äh ähm also dann ist'.split(
      ' ',
    ),
  ),
  fr: new Set(
    'le la les un une des du de à au aux en dans sur pour avec mon ma mes ton ta euh alors est'.split(' '),
  ),
  es: new Set(
    'el la los las un una de del a al en con para por mi tu su eh este pues entonces es'.split(' '),
  ),
};

const NONE: ReadonlySet<string> = new Set();

export function conjunctionsOf(language: string): ReadonlySet<string> {
  return inLanguage(CONJUNCTIONS, language) ?? NONE;
}

/** How a transcript looks from its end: `complete` sentences need a shorter pause than `open` ones, `unfinished` a longer one. */
export type Completeness = 'complete' | 'open' | 'unfinished';

export function completenessOf(text: string, language: string): Completeness {
  const trimmed = text.trim();
  if (/(\.\.|…|[,;:—–-])["'”’»)]*$/u.test(trimmed)) return 'unfinished';
  const lastWord = /([\p{L}\p{N}'’]+)[^\p{L}\p{N}]*$/u.exec(trimmed)?.[1]?.toLowerCase();
  if (lastWord && isUnfinishedWord(lastWord, language)) return 'unfinished';
  return /[.!?。！？｡।॥؟۔]["'”’»)」』]*$/u.test(trimmed) ? 'complete' : 'open';
}

function isUnfinishedWord(word: string, language: string): boolean {
  return conjunctionsOf(language).has(word) || (inLanguage(UNFINISHED, language)?.has(word) ?? false);
}
