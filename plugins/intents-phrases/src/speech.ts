import { DurationReader } from './duration-reader.js';
import { ExpressionReader } from './expression-reader.js';
import { findLanguage } from './languages/index.js';
import { NumberReader } from './number-reader.js';
import { type Token, Tokenizer } from './tokenizer.js';
import { WordTrie } from './word-trie.js';

/** Everything that reads one language. Made once, used by all sentences. */
export class Speech {
  readonly tokenizer: Tokenizer;
  readonly numbers: NumberReader;
  readonly durations: DurationReader;
  readonly expressions: ExpressionReader;
  readonly #before = new WordTrie<true>();
  /** Phrases and sentences run backwards here. */
  readonly #after = new WordTrie<true>();

  readonly #anywhere: ReadonlySet<string>;

  constructor(tag: string) {
    const language = findLanguage(tag);
    this.tokenizer = new Tokenizer(language);
    this.numbers = new NumberReader(language, this.tokenizer);
    this.durations = new DurationReader(language, this.tokenizer, this.numbers);
    this.expressions = new ExpressionReader(language, this.tokenizer, this.numbers);
    this.#anywhere = new Set(language.anywhere.flatMap((word) => this.tokenizer.words(word)));
    for (const phrase of language.before) this.#before.add(this.tokenizer.words(phrase), true);
    for (const phrase of language.after) this.#after.add([...this.tokenizer.words(phrase)].reverse(), true);
  }

  /** The tokens without polite words. */
  withoutPoliteness(tokens: readonly Token[]): readonly Token[] {
    const start = endOfPoliteness(this.#before, tokens);
    const backwards = tokens.slice(start).reverse();
    const end = backwards.length - endOfPoliteness(this.#after, backwards);
    return tokens.slice(start, start + end).filter(({ word }) => !this.#anywhere.has(word));
  }
}

function endOfPoliteness(phrases: WordTrie<true>, tokens: readonly Token[]): number {
  let end = 0;
  for (let next = phrases.find(tokens, end).at(-1); next; next = phrases.find(tokens, end).at(-1))
    end = next.end;
  return end;
}
