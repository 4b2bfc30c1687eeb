import { describe, expect, it } from '@jest/globals';
import { IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import { describeIntentRecognizerContract } from '@tiercel/capabilities/intent-recognizer/testing';
import { bootTest, describeInEveryPlacement } from '@tiercel/testkit';
import plugin from './index.js';

const lights = { tool: 'set_lights', args: { state: 'off' }, answer: 'Good night.' };
const commands = { 'Lights out': lights };

const start = (config: Readonly<Record<string, unknown>>) =>
  bootTest({ plugins: [plugin], config: { 'plugin-name': { commands: config } } });

describeInEveryPlacement(
  'plugin-name',
  {
    capability: IntentRecognizer,
    plugin: './dist/index.js',
    key: 'plugin-name',
    config: { commands },
  },
  (title, open) =>
    describeIntentRecognizerContract(title, open, {
      command: { text: 'Lights out!', language: 'en', tool: lights.tool, args: lights.args },
    }),
);

describe('plugin-name', () => {
  it('understands a sentence however it is written', async () => {
    await using test = await start(commands);

    const intent = await test.get(IntentRecognizer).recognize('  LIGHTS -- out ', { language: 'en' });

    expect(intent).toEqual({ ...lights, phrase: 'Lights out' });
  });

  it('tells all that is wrong with its commands, and does not start', async () => {
    const started = start({ one: {}, two: { tool: 'a', args: [], answer: 3 } });

    await expect(started).rejects.toThrow(
      '"one" names no tool; args of "two" are not a map; answer of "two" is not a text',
    );
  });
});
