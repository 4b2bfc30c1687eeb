import type { Speech } from './speech.js';
import type { Token } from './tokenizer.js';
import { type Found, WordTrie } from './word-trie.js';

/** Finds names, however their numbers are written: "lamp 2" and "lamp two" are one name. */
export class NameTrie<T> {
  readonly #speech: Speech;
  readonly #trie = new WordTrie<T>();

  constructor(speech: Speech) {
    this.#speech = speech;
  }

  add(name: string, value: T): void {
    const tokens = this.#speech.tokenizer.tokenize(name);
    const words: string[] = [];
    for (let place = 0; place < tokens.length; ) {
      const number = this.#speech.numbers.findWhole(tokens, place).at(-1);
      words.push(number ? numberKey(number.value) : (tokens[place]?.word ?? ''));
      place = number?.end ?? place + 1;
    }
    this.#trie.add(words, value);
    this.#trie.add(
      tokens.map(({ word }) => word),
      value,
    );
  }

  /** All names that begin at `start`. */
  find(tokens: readonly Token[], start: number): readonly Found<T>[] {
    return this.#trie.find(tokens, start, (place) =>
      this.#speech.numbers
        .findWhole(tokens, place)
        .map(({ end, value }) => ({ end, value: numberKey(value) })),
    );
  }
}

/** No token looks like this. */
function numberKey(number: number): string {
  return `#${number}`;
}
