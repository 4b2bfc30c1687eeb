import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Intent, IntentRecognizer } from './intent-recognizer.js';

export interface OpenIntentRecognizer {
  readonly provider: IntentRecognizer;
  close(): Promise<void> | void;
}

export interface IntentRecognizerContractOptions {
  /** A sentence that is understood, and how. */
  readonly command: { readonly text: string; readonly language: string } & Pick<Intent, 'tool' | 'args'>;
}

/** Rules that every recogniser of commands keeps. `open` makes a fresh one for each case. */
export function describeIntentRecognizerContract(
  title: string,
  open: () => Promise<OpenIntentRecognizer> | OpenIntentRecognizer,
  { command }: IntentRecognizerContractOptions,
): void {
  describe(`${title} as IntentRecognizer`, () => {
    const opened: OpenIntentRecognizer[] = [];
    const openRecognizer = async () => {
      const recognizer = await open();
      opened.push(recognizer);
      return recognizer.provider;
    };
    const { text, language, tool, args } = command;
    afterEach(async () => {
      for (const recognizer of opened.splice(0).reverse()) await recognizer.close();
    });

    it('reads a command as a tool call and names the phrase that matched', async () => {
      const recognizer = await openRecognizer();

      const intent = await recognizer.recognize(text, { language });

      expect(intent).toMatchObject({ tool, args });
      expect(intent?.phrase).not.toBe('');
    });

    it('reads the same sentence the same way again', async () => {
      const recognizer = await openRecognizer();

      const first = await recognizer.recognize(text, { language });
      const others = await Promise.all([1, 2, 3].map(() => recognizer.recognize(text, { language })));

      expect(others).toEqual([first, first, first]);
    });

    it('returns plain data that survives a process border', async () => {
      const recognizer = await openRecognizer();

      const intent = await recognizer.recognize(text, { language });

      expect(JSON.parse(JSON.stringify(intent))).toEqual(intent);
    });

    it('reads nothing into silence, nonsense or a command with words around it', async () => {
      const recognizer = await openRecognizer();
      const others = ['', ' ', '?!', 'Colourless ideas sleep furiously.', `${text} unless it rains tomorrow`];

      const intents = await Promise.all(others.map((other) => recognizer.recognize(other, { language })));

      expect(intents).toEqual(others.map(() => undefined));
    });

    it('never throws, whatever was said', async () => {
      const recognizer = await openRecognizer();
      const anyText = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc
          .array(fc.constantFrom(...text.split(' '), '{', '|', ']', '\\', '1', '-'), { maxLength: 80 })
          .map((words) => words.join(' ')),
      );

      await fc.assert(
        fc.asyncProperty(anyText, fc.constantFrom(language, 'xx', ''), async (said, spoken) => {
          await recognizer.recognize(said, { language: spoken });
        }),
      );
    });

    it('rejects with the reason of an aborted signal', async () => {
      const recognizer = await openRecognizer();
      const reason = new Error('enough');

      await expect(recognizer.recognize(text, { language, signal: AbortSignal.abort(reason) })).rejects.toBe(
        reason,
      );
    });
  });
}
