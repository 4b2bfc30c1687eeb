import type { Token } from './tokenizer.js';

export interface Found<T> {
  /** Index of the token after the last one that belongs to it. */
  readonly end: number;
  readonly value: T;
}

interface Node<T> {
  readonly next: Map<string, Node<T>>;
  readonly values: T[];
}

/** Finds the phrases that begin at a token, in time that does not depend on how many there are. */
export class WordTrie<T> {
  readonly #root: Node<T> = { next: new Map(), values: [] };

  add(words: readonly string[], value: T): void {
    if (words.length === 0) return;
    let node = this.#root;
    for (const word of words) {
      let next = node.next.get(word);
      if (!next) {
        next = { next: new Map(), values: [] };
        node.next.set(word, next);
      }
      node = next;
    }
    if (!node.values.includes(value)) node.values.push(value);
  }

  /**
   * All phrases that begin at `start`, shorter ones first.
   * @param more other words that the tokens from a place on may stand for
   */
  find(
    tokens: readonly Token[],
    start: number,
    more: (place: number) => readonly Found<string>[] = () => [],
  ): readonly Found<T>[] {
    const found: Found<T>[] = [];
    const open: { readonly node: Node<T>; readonly place: number }[] = [{ node: this.#root, place: start }];
    for (let state = open.shift(); state; state = open.shift()) {
      const { node, place } = state;
      for (const value of node.values) found.push({ end: place, value });
      const token = tokens[place];
      if (!token || node.next.size === 0) continue;
      for (const { end, value } of [{ end: place + 1, value: token.word }, ...more(place)]) {
        const next = node.next.get(value);
        if (next) open.push({ node: next, place: end });
      }
    }
    return found.sort((a, b) => a.end - b.end);
  }
}
