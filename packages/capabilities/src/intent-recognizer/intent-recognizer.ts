import { defineCapability } from '@tiercel/kernel';

/** A sentence that was understood without a model. */
export interface Intent {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** The template that matched. */
  readonly phrase: string;
  /** What to say after success if the tool's result has no `spoken`; slots are already filled with the words to say. */
  readonly answer?: string;
}

/** Understands fixed commands. Pure: recognising a sentence does nothing. */
export interface IntentRecognizer {
  /** The one reading of the whole sentence, or `undefined` where there is none or more than one. */
  recognize(
    text: string,
    options: { readonly language: string; readonly signal?: AbortSignal | undefined },
  ): Promise<Intent | undefined>;
}

export const IntentRecognizer = defineCapability<IntentRecognizer>()({
  id: 'intent-recognizer',
  version: '1.0.0',
  methods: { recognize: 'unary' },
});
