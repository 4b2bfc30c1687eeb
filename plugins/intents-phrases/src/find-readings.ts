import type { DeviceNames } from './device-names.js';
import type { Ending, Grammar, GrammarNode } from './grammar.js';
import { type Filling, fillSlot, type Sentence } from './slot.js';

/** One way to understand a whole sentence. */
export interface Reading {
  readonly ending: Ending;
  readonly args: ReadonlyMap<string, Filling>;
}

/** Work that one sentence may cause; only templates made of free text come near it. */
const MAX_STEPS = 20_000;

/** All readings of a sentence, one for each tool call that it may mean. Stops after the second: then it is unclear. */
export function findReadings(grammar: Grammar, sentence: Sentence, devices: DeviceNames): readonly Reading[] {
  const search = new Search(grammar, sentence, devices);
  search.walk(grammar.root, 0, []);
  return [...search.readings.values()];
}

type Captured = readonly (readonly [string, Filling])[];

class Search {
  readonly readings = new Map<string, Reading>();
  readonly #grammar: Grammar;
  readonly #sentence: Sentence;
  readonly #devices: DeviceNames;
  /** Nodes and places that lead nowhere, whatever was captured before. */
  readonly #deadEnds = new Set<number>();
  #steps = 0;

  constructor(grammar: Grammar, sentence: Sentence, devices: DeviceNames) {
    this.#grammar = grammar;
    this.#sentence = sentence;
    this.#devices = devices;
  }

  /** Whether any reading was found from here on. */
  walk(node: GrammarNode, place: number, captured: Captured): boolean {
    const { tokens } = this.#sentence;
    const here = node.id * (tokens.length + 1) + place;
    this.#steps += 1;
    if (this.#deadEnds.has(here) || this.#steps > MAX_STEPS || this.readings.size > 1) return false;
    let isFruitful = place === tokens.length && node.endings.length > 0;
    if (isFruitful) for (const ending of node.endings) this.#note(ending, captured);

    const next = node.words.get(tokens[place]?.word ?? '');
    if (next && this.walk(next, place + 1, captured)) isFruitful = true;
    if (place < tokens.length) {
      for (const edge of node.slots.values()) {
        for (const { end, value } of fillSlot(
          edge.slot,
          this.#sentence,
          place,
          this.#grammar.speech,
          this.#devices,
        )) {
          if (this.walk(edge.next, end, [...captured, [edge.slot.argument, value]])) isFruitful = true;
        }
      }
    }
    if (!isFruitful && this.readings.size < 2) this.#deadEnds.add(here);
    return isFruitful;
  }

  #note(ending: Ending, captured: Captured): void {
    const args = new Map([...captured, ...ending.constants]);
    const values = [...args]
      .map(([name, { value }]) => [name, value])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    const call = JSON.stringify([ending.tool, values]);
    if (!this.readings.has(call)) this.readings.set(call, { ending, args });
  }
}
