import type { Language } from './languages/index.js';
import type { NumberReader } from './number-reader.js';
import type { Token, Tokenizer } from './tokenizer.js';
import { type Found, WordTrie } from './word-trie.js';

const MAX_READINGS = 64;

interface Part extends Found<string> {
  /** Whether it does anything but name a number. */
  readonly hasOperation: boolean;
}

/** Reads arithmetic: "three plus 4", "the square root of 16", "20 percent of 80", "(3 + 4) * 2". */
export class ExpressionReader {
  readonly #numbers: NumberReader;
  readonly #operators = new WordTrie<string>();
  readonly #functions = new WordTrie<string>();
  readonly #powers = new WordTrie<string>();

  constructor(language: Language, tokenizer: Tokenizer, numbers: NumberReader) {
    this.#numbers = numbers;
    const fill = (trie: WordTrie<string>, phrases: Readonly<Record<string, string>>) => {
      for (const [phrase, symbol] of Object.entries(phrases)) {
        // Signs are no words to the tokenizer unless they stand between numbers.
        trie.add(/^\W$/.test(phrase) ? [phrase] : tokenizer.words(phrase), symbol);
      }
    };
    fill(this.#operators, language.operators);
    fill(this.#functions, language.functions);
    fill(this.#powers, language.powers);
  }

  /** Every expression with at least one operation that begins at `start`. */
  find(tokens: readonly Token[], start: number): readonly Found<string>[] {
    return this.#findChains(tokens, start, 0).filter(({ hasOperation }) => hasOperation);
  }

  #findChains(tokens: readonly Token[], start: number, depth: number): readonly Part[] {
    const chains: Part[] = [...this.#findOperands(tokens, start, depth)];
    for (let index = 0; index < chains.length && chains.length < MAX_READINGS; index++) {
      const chain = chains[index];
      if (!chain) break;
      for (const operator of this.#operators.find(tokens, chain.end)) {
        for (const operand of this.#findOperands(tokens, operator.end, depth)) {
          chains.push({
            end: operand.end,
            value: `${chain.value} ${operator.value} ${operand.value}`,
            hasOperation: true,
          });
        }
      }
    }
    return chains;
  }

  #findOperands(tokens: readonly Token[], start: number, depth: number): readonly Part[] {
    if (depth > 8) return [];
    const operands: Part[] = this.#numbers.find(tokens, start).map(({ end, value }) => ({
      end,
      value: value < 0 ? `(${value})` : String(value),
      hasOperation: false,
    }));
    for (const { end, value } of this.#functions.find(tokens, start)) {
      for (const operand of this.#findOperands(tokens, end, depth + 1)) {
        operands.push({ end: operand.end, value: `${value}(${operand.value})`, hasOperation: true });
      }
    }
    if (tokens[start]?.word === '(') {
      for (const inner of this.#findChains(tokens, start + 1, depth + 1)) {
        if (tokens[inner.end]?.word === ')')
          operands.push({ ...inner, end: inner.end + 1, value: `(${inner.value})` });
      }
    }
    const raised = operands.flatMap((operand) =>
      this.#powers
        .find(tokens, operand.end)
        .map(({ end, value }) => ({ end, value: `(${operand.value}) ${value}`, hasOperation: true })),
    );
    return [...operands, ...raised];
  }
}
