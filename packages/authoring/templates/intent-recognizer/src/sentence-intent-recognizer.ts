import type { Intent, IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';

interface RecognizeOptions {
  readonly language: string;
  readonly signal?: AbortSignal | undefined;
}

/** Understands whole sentences; case, punctuation and spaces do not count. */
export class SentenceIntentRecognizer implements IntentRecognizer {
  readonly #intents: ReadonlyMap<string, Intent>;
  readonly #language: string;

  constructor(intents: readonly Intent[], language: string) {
    this.#intents = new Map(intents.map((intent) => [plain(intent.phrase), intent]));
    this.#language = language;
  }

  async recognize(text: string, { language, signal }: RecognizeOptions): Promise<Intent | undefined> {
    signal?.throwIfAborted();
    return language === this.#language ? this.#intents.get(plain(text)) : undefined;
  }
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]+/gu, ' ')
    .trim();
}
