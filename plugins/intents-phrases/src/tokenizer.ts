import type { Language } from './languages/index.js';

/** One word of a sentence as it counts for matching, and where it stood. */
export interface Token {
  readonly word: string;
  /** Set for numbers in digits. */
  readonly value?: number;
  readonly start: number;
  readonly end: number;
}

const scanner = /\d+(?:[.,]\d+)*|[\p{L}\p{M}][\p{L}\p{M}'’ʼ`´]*|[-−+*/×÷^%°()]/gu;
const signSynonyms: Readonly<Record<string, string>> = { '×': '*', '÷': '/', '−': '-' };

/** Cuts text into the words that count: without case, accents, punctuation, articles and contractions. */
export class Tokenizer {
  readonly #language: Language;
  readonly #articles: ReadonlySet<string>;
  readonly #contractions: ReadonlyMap<string, readonly string[]>;
  readonly #endings: readonly (readonly [string, readonly string[]])[];
  readonly #splits: RegExp | undefined;

  constructor(language: Language) {
    this.#language = language;
    this.#articles = new Set(language.articles.map(fold));
    const entries = Object.entries(language.contractions).map(
      ([short, long]) => [short, long.split(' ')] as const,
    );
    this.#contractions = new Map(entries);
    this.#endings = entries.filter(([short]) => short.includes("'"));
    this.#splits = language.splits ? new RegExp(`(${language.splits.join('|')})`) : undefined;
  }

  tokenize(text: string): readonly Token[] {
    const tokens: Token[] = [];
    for (const match of text.matchAll(scanner)) {
      const [raw] = match;
      const place = { start: match.index, end: match.index + raw.length };
      for (const token of this.#read(raw, text, place)) tokens.push(token);
    }
    return tokens;
  }

  words(text: string): readonly string[] {
    return this.tokenize(text).map(({ word }) => word);
  }

  #read(
    raw: string,
    text: string,
    place: { readonly start: number; readonly end: number },
  ): readonly Token[] {
    const first = raw[0] ?? '';
    if (first >= '0' && first <= '9') {
      const value = this.#parseDigits(raw);
      return Number.isFinite(value) ? [{ word: String(value), value, ...place }] : [{ word: raw, ...place }];
    }
    const sign = signSynonyms[raw] ?? raw;
    if ('-+*/^%°()'.includes(sign)) {
      if (sign === '-' && !isMinus(text, place.start)) return [];
      const spoken = this.#language.signs[sign];
      return (spoken === undefined ? [sign] : fold(spoken).split(' ')).map((word) => ({ word, ...place }));
    }
    return this.#spellOut(raw.toLowerCase().replace(/[’ʼ`´]/g, "'"))
      .map(fold)
      .flatMap((word) => (this.#splits ? word.split(this.#splits) : [word]))
      .filter((word) => word !== '' && !this.#articles.has(word))
      .map((word) => ({ word, ...place }));
  }

  #spellOut(word: string): readonly string[] {
    const whole = this.#contractions.get(word);
    if (whole) return whole;
    if (!word.includes("'")) return [word];
    for (const [ending, words] of this.#endings) {
      if (word.endsWith(ending) && word.length > ending.length)
        return [word.slice(0, -ending.length), ...words];
    }
    return word.split("'");
  }

  /** A point or comma before exactly three digits groups them if the language does so; any other starts the decimals. */
  #parseDigits(raw: string): number {
    const { groups } = this.#language;
    const parts = raw.split(/[.,]/);
    const separators = raw.match(/[.,]/g) ?? [];
    const isGrouped = separators.every(
      (separator, index) => separator === groups && parts[index + 1]?.length === 3,
    );
    if (isGrouped) return Number(parts.join(''));
    const decimals = parts.at(-1);
    const hasGroupsBefore = separators
      .slice(0, -1)
      .every((separator, index) => separator !== separators.at(-1) && parts[index + 1]?.length === 3);
    return hasGroupsBefore ? Number(`${parts.slice(0, -1).join('')}.${decimals}`) : Number.NaN;
  }
}

/** The same for all ways to write a word: small letters, no accents. */
export function fold(word: string): string {
  return word.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('ß', 'ss');
}

/** A hyphen counts only as an arithmetic sign: between numbers, or right before one. */
function isMinus(text: string, place: number): boolean {
  const before = text.slice(Math.max(0, place - 8), place);
  const after = text.slice(place + 1, place + 9);
  if (!/^\s*[\d(]/.test(after)) return false;
  return /[\d)]\s*$/.test(before) || (/^[\d(]/.test(after) && !/\S$/.test(before));
}
