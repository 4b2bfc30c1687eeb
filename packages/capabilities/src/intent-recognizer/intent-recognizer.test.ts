import { describe, expect, it } from '@jest/globals';
import { describeIntentRecognizerContract, FakeIntentRecognizer } from './testing.js';

describeIntentRecognizerContract(
  'FakeIntentRecognizer',
  () => ({
    provider: new FakeIntentRecognizer({ 'what time is it': { tool: 'get_time' } }),
    close: () => undefined,
  }),
  { command: { text: 'what time is it', language: 'en', tool: 'get_time', args: {} } },
);

describe('FakeIntentRecognizer', () => {
  it('remembers what it was asked', async () => {
    const recognizer = new FakeIntentRecognizer();

    await recognizer.recognize('hello', { language: 'en' });

    expect(recognizer.heard).toEqual(['hello']);
  });
});
