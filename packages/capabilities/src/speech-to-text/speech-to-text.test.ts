import { describe, expect, it } from '@jest/globals';
import type { Frame } from '@tiercel/audio';
import { describeSpeechToTextContract, FakeSpeechToText } from './testing.js';

const tone = Int16Array.from({ length: 16_000 }, (_, index) => Math.round(8000 * Math.sin(index / 5)));
const aWhile = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

describeSpeechToTextContract(
  'FakeSpeechToText',
  () => ({ provider: new FakeSpeechToText({ decode: aWhile }), close: () => undefined }),
  { speech: tone, says: /lamp/ },
);

describeSpeechToTextContract(
  'FakeSpeechToText with partials',
  () => ({
    provider: new FakeSpeechToText({ decode: aWhile, features: { hasPartials: true } }),
    close: () => undefined,
  }),
  { speech: tone, says: /lamp/, language: 'de' },
);

describe('FakeSpeechToText', () => {
  it('says its texts one after the other, and the last again and again', async () => {
    const recogniser = new FakeSpeechToText({ texts: ['one', 'two'] });

    const texts = [await say(recogniser), await say(recogniser), await say(recogniser)];

    expect(texts).toEqual(['one', 'two', 'two']);
  });

  it('fails once when told to', async () => {
    const recogniser = new FakeSpeechToText({ texts: ['one'] });
    recogniser.failNext(new Error('out of order'));

    const first = say(recogniser);

    await expect(first).rejects.toThrow('out of order');
    await expect(say(recogniser)).resolves.toBe('one');
  });

  it('remembers the utterances that it read', async () => {
    const recogniser = new FakeSpeechToText();

    await say(recogniser);

    expect(recogniser.calls).toEqual([{ utteranceId: 'u', language: 'en', samples: 16_000 }]);
  });
});

async function say(recogniser: FakeSpeechToText): Promise<string> {
  let text = '';
  for await (const event of recogniser.transcribe(speaking(), { utteranceId: 'u' })) text = event.text;
  return text;
}

async function* speaking(): AsyncGenerator<Frame> {
  yield { pcm: tone, sampleRateHz: 16_000, position: 0, timeMs: 0 };
}
