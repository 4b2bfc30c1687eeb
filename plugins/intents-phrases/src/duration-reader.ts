import type { Language } from './languages/index.js';
import type { NumberReader } from './number-reader.js';
import type { Token, Tokenizer } from './tokenizer.js';
import { type Found, WordTrie } from './word-trie.js';

/** Reads spans of time in seconds: "five minutes", "an hour and a half", "one hour and twenty minutes". */
export class DurationReader {
  readonly #numbers: NumberReader;
  readonly #units = new WordTrie<number>();
  readonly #spans = new WordTrie<number>();

  constructor(language: Language, tokenizer: Tokenizer, numbers: NumberReader) {
    this.#numbers = numbers;
    for (const [unit, seconds] of Object.entries(language.units))
      this.#units.add(tokenizer.words(unit), seconds);
    for (const [span, seconds] of Object.entries(language.spans))
      this.#spans.add(tokenizer.words(span), seconds);
  }

  /** Every span that begins at `start`. A unit follows only a larger one, so nothing is counted twice. */
  find(
    tokens: readonly Token[],
    start: number,
    largestUnit: number = Number.POSITIVE_INFINITY,
  ): readonly Found<number>[] {
    const found: Found<number>[] = [...this.#spans.find(tokens, start)];
    const amounts = [{ end: start, value: 1 }, ...this.#numbers.find(tokens, start)];
    for (const amount of amounts) {
      if (amount.value < 0) continue;
      for (const unit of this.#units.find(tokens, amount.end)) {
        if (unit.value >= largestUnit) continue;
        this.#addWithRest(found, tokens, { end: unit.end, value: amount.value * unit.value }, unit.value);
      }
    }
    return found;
  }

  #addWithRest(found: Found<number>[], tokens: readonly Token[], part: Found<number>, unit: number): void {
    found.push(part);
    const hasAnd = this.#numbers.isAnd(tokens[part.end]);
    if (hasAnd && this.#numbers.isHalf(tokens[part.end + 1])) {
      found.push({ end: part.end + 2, value: part.value + unit / 2 });
    }
    for (const next of hasAnd ? [part.end + 1] : [part.end]) {
      for (const rest of this.find(tokens, next, unit))
        found.push({ end: rest.end, value: part.value + rest.value });
    }
  }
}
