import type { Language } from './languages/index.js';
import type { Token, Tokenizer } from './tokenizer.js';
import { type Found, WordTrie } from './word-trie.js';

/** Reads numbers in digits and in words: "25", "twenty five", "minus two point five", "two and a half". */
export class NumberReader {
  readonly #spelled = new WordTrie<number>();
  readonly #amounts = new WordTrie<number>();
  readonly #halves: ReadonlySet<string>;
  readonly #ands: ReadonlySet<string>;
  readonly #points: ReadonlySet<string>;
  readonly #minuses: ReadonlySet<string>;
  readonly #magnitudes = new Map<string, number>();

  constructor(language: Language, tokenizer: Tokenizer) {
    for (let number = 0; number < 1000; number++) {
      for (const spelling of language.spell(number)) {
        this.#spelled.add(tokenizer.words(spelling), number);
      }
    }
    for (const [phrase, amount] of Object.entries(language.amounts))
      this.#amounts.add(tokenizer.words(phrase), amount);
    const wordsOf = (phrases: readonly string[]) =>
      new Set(phrases.flatMap((phrase) => tokenizer.words(phrase)));
    this.#halves = wordsOf(language.halves);
    this.#ands = wordsOf(language.ands);
    this.#points = wordsOf(language.points);
    this.#minuses = new Set([...wordsOf(language.minuses), '-']);
    for (const word of wordsOf(language.thousands)) this.#magnitudes.set(word, 1_000);
    for (const word of wordsOf(language.millions)) this.#magnitudes.set(word, 1_000_000);
  }

  /** Every number that begins at `start`, shorter ones first. */
  find(tokens: readonly Token[], start: number): readonly Found<number>[] {
    const isNegative = this.#minuses.has(tokens[start]?.word ?? '');
    const found = this.#findPositive(tokens, isNegative ? start + 1 : start);
    return isNegative ? found.map(({ end, value }) => ({ end, value: -value })) : found;
  }

  isHalf(token: Token | undefined): boolean {
    return token !== undefined && this.#halves.has(token.word);
  }

  isAnd(token: Token | undefined): boolean {
    return token !== undefined && this.#ands.has(token.word);
  }

  /** Whole numbers from 0 that begin at `start`, shorter ones first. */
  findWhole(tokens: readonly Token[], start: number): readonly Found<number>[] {
    return this.#findWhole(tokens, start).filter(({ value }) => Number.isInteger(value));
  }

  #findPositive(tokens: readonly Token[], start: number): readonly Found<number>[] {
    const found = new Map<string, Found<number>>();
    const note = (end: number, value: number) => found.set(`${end} ${value}`, { end, value });
    for (const whole of this.#findWhole(tokens, start)) {
      note(whole.end, whole.value);
      for (const decimal of this.#findDecimals(tokens, whole)) note(decimal.end, decimal.value);
      if (this.isAnd(tokens[whole.end]) && this.isHalf(tokens[whole.end + 1]))
        note(whole.end + 2, whole.value + 0.5);
    }
    for (const { end, value } of this.#amounts.find(tokens, start)) note(end, value);
    return [...found.values()].sort((a, b) => a.end - b.end);
  }

  #findWhole(tokens: readonly Token[], start: number): readonly Found<number>[] {
    const bases = this.#findBelowThousand(tokens, start);
    const found = [...bases];
    // "thousand" alone is left of "a thousand".
    const heads = [
      ...bases,
      ...(this.#magnitudes.has(tokens[start]?.word ?? '') ? [{ end: start, value: 1 }] : []),
    ];
    for (const head of heads) {
      const magnitude = this.#magnitudes.get(tokens[head.end]?.word ?? '');
      if (magnitude === undefined) continue;
      const value = head.value * magnitude;
      found.push({ end: head.end + 1, value });
      for (const next of [head.end + 1, ...(this.isAnd(tokens[head.end + 1]) ? [head.end + 2] : [])]) {
        for (const tail of this.#findWhole(tokens, next)) {
          if (tail.value < magnitude) found.push({ end: tail.end, value: value + tail.value });
        }
      }
    }
    return found;
  }

  #findBelowThousand(tokens: readonly Token[], start: number): readonly Found<number>[] {
    const token = tokens[start];
    if (token?.value !== undefined) return [{ end: start + 1, value: token.value }];
    return this.#spelled.find(tokens, start);
  }

  /** Digits one by one after "point": each longer reading is one of its own. */
  #findDecimals(tokens: readonly Token[], whole: Found<number>): readonly Found<number>[] {
    if (!Number.isInteger(whole.value) || !this.#points.has(tokens[whole.end]?.word ?? '')) return [];
    const found: Found<number>[] = [];
    let digits = '';
    for (let place = whole.end + 1; place < tokens.length && digits.length < 15; place++) {
      const [digit] = this.#findBelowThousand(tokens, place);
      if (!digit || !Number.isInteger(digit.value) || (digits !== '' && digit.value > 9)) break;
      digits += String(digit.value);
      found.push({ end: place + 1, value: Number(`${whole.value}.${digits}`) });
      if (digit.value > 9) break;
    }
    return found;
  }
}
