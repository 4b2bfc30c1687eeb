import type { DeviceNames } from './device-names.js';
import type { NameTrie } from './name-trie.js';
import type { Speech } from './speech.js';
import type { Token } from './tokenizer.js';
import type { Found } from './word-trie.js';

/** A value for an argument, and how to say it. */
export interface Filling {
  readonly value: unknown;
  readonly say: string;
}

/** A place in a phrase that takes one of many wordings. */
export type Slot = { readonly argument: string } & (
  | { readonly type: 'choice'; readonly choices: NameTrie<Filling> }
  | { readonly type: 'device' | 'duration' | 'expression' }
  | { readonly type: 'number'; readonly isInteger: boolean }
  | { readonly type: 'text'; readonly maxLength: number }
);

export interface Sentence {
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** All ways in which `slot` takes the words from `start` on. */
export function fillSlot(
  slot: Slot,
  { text, tokens }: Sentence,
  start: number,
  speech: Speech,
  devices: DeviceNames,
): readonly Found<Filling>[] {
  switch (slot.type) {
    case 'choice':
      return slot.choices.find(tokens, start);
    case 'device':
      return devices.find(speech, tokens, start);
    case 'duration':
      return speech.durations
        .find(tokens, start)
        .map(({ end, value }) => ({ end, value: { value, say: asSaid(text, tokens, start, end) } }));
    case 'expression':
      return speech.expressions
        .find(tokens, start)
        .map(({ end, value }) => ({ end, value: { value, say: asSaid(text, tokens, start, end) } }));
    case 'number':
      return speech.numbers
        .find(tokens, start)
        .filter(({ value }) => !slot.isInteger || Number.isInteger(value))
        .map(({ end, value }) => ({ end, value: { value, say: String(value) } }));
    case 'text':
      return tokens
        .slice(start)
        .map((_, index) => {
          const words = asSaid(text, tokens, start, start + index + 1);
          return { end: start + index + 1, value: { value: words, say: words } };
        })
        .filter(({ value }) => value.say.length <= slot.maxLength);
    default:
      return slot satisfies never;
  }
}

/** The words of some tokens as they stood in the sentence, without an article before the first one. */
function asSaid(text: string, tokens: readonly Token[], start: number, end: number): string {
  return text.slice(tokens[start]?.start, tokens[end - 1]?.end);
}
