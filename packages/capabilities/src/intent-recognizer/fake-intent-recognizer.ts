import type { Intent, IntentRecognizer } from './intent-recognizer.js';

/** Understands exactly the sentences it was given, in every language. */
export class FakeIntentRecognizer implements IntentRecognizer {
  /** What it was asked, in order. */
  readonly heard: string[] = [];
  readonly #intents: ReadonlyMap<string, Intent>;

  /** @param intents by sentence; `phrase` defaults to the sentence, `args` to none. */
  constructor(intents: Readonly<Record<string, Pick<Intent, 'tool'> & Partial<Intent>>> = {}) {
    this.#intents = new Map(
      Object.entries(intents).map(([sentence, intent]) => [
        sentence,
        { args: {}, phrase: sentence, ...intent },
      ]),
    );
  }

  async recognize(
    text: string,
    { signal }: { readonly language: string; readonly signal?: AbortSignal | undefined },
  ): Promise<Intent | undefined> {
    signal?.throwIfAborted();
    this.heard.push(text);
    return this.#intents.get(text);
  }
}
