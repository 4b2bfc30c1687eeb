import type { Intent, IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import type { DeviceNames } from './device-names.js';
import { findReadings, type Reading } from './find-readings.js';
import type { Grammar } from './grammar.js';
import type { PhraseBook } from './phrase-book.js';

const MAX_CHARACTERS = 500;
const MAX_TOKENS = 64;

/** Understands the sentences that tools declare as phrases. */
export class PhraseIntentRecognizer implements IntentRecognizer {
  readonly #currentBook: () => PhraseBook;
  readonly #devices: DeviceNames;

  /** @param currentBook asked for every sentence, so that the tools may change */
  constructor(currentBook: () => PhraseBook, devices: DeviceNames) {
    this.#currentBook = currentBook;
    this.#devices = devices;
  }

  async recognize(
    text: string,
    { language, signal }: { readonly language: string; readonly signal?: AbortSignal | undefined },
  ): Promise<Intent | undefined> {
    signal?.throwIfAborted();
    const grammar = this.#currentBook().grammars.get(language.split('-')[0]?.toLowerCase() ?? '');
    if (!grammar || text.length > MAX_CHARACTERS) return undefined;
    const reading = this.#readOnly(grammar, text);
    return reading && toIntent(reading);
  }

  #readOnly(grammar: Grammar, text: string): Reading | undefined {
    const { speech } = grammar;
    const tokens = speech.tokenizer.tokenize(text);
    if (tokens.length === 0 || tokens.length > MAX_TOKENS) return undefined;
    const plain = speech.withoutPoliteness(tokens);
    // A command may itself begin politely, so the sentence is also tried as it is.
    const sentences = plain.length === tokens.length || plain.length === 0 ? [tokens] : [plain, tokens];
    const readings = sentences.flatMap((words) =>
      findReadings(grammar, { text, tokens: words }, this.#devices),
    );
    const [first, ...others] = readings;
    return first && others.every((other) => isSameCall(first, other)) ? first : undefined;
  }
}

function toIntent({ ending, args }: Reading): Intent {
  const { answer } = ending;
  return {
    tool: ending.tool,
    args: Object.fromEntries([...args].map(([name, { value }]) => [name, value])),
    phrase: ending.template,
    ...(answer !== undefined && { answer: fillAnswer(answer, args) }),
  };
}

function fillAnswer(answer: string, args: Reading['args']): string {
  const filled = answer.replace(/\{(\w+)\}/g, (_, name: string) => args.get(name)?.say ?? '').trim();
  return filled.charAt(0).toUpperCase() + filled.slice(1);
}

function isSameCall(a: Reading, b: Reading): boolean {
  if (a.ending.tool !== b.ending.tool || a.args.size !== b.args.size) return false;
  return [...a.args].every(([name, { value }]) => b.args.has(name) && b.args.get(name)?.value === value);
}
