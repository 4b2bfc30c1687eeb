import { describe, expect, it } from '@jest/globals';
import { describeTextToSpeechContract, FakeTextToSpeech } from './testing.js';

describeTextToSpeechContract('FakeTextToSpeech', () => ({
  provider: new FakeTextToSpeech(),
  close: () => undefined,
}));

describeTextToSpeechContract('FakeTextToSpeech, slow', () => ({
  provider: new FakeTextToSpeech({ synthesizeFrame: () => new Promise((resolve) => setImmediate(resolve)) }),
  close: () => undefined,
}));

describe('FakeTextToSpeech', () => {
  it('hums as long as its text is', async () => {
    const voice = new FakeTextToSpeech({ features: { sampleRateHz: 16_000 }, msPerCharacter: 50 });
    let samples = 0;

    for await (const { pcm } of voice.synthesize('Yes.')) samples += pcm.length;

    expect(samples).toBe((4 * 50 * 16_000) / 1000);
  });

  it('fails once when told to, and remembers what it was asked', async () => {
    const voice = new FakeTextToSpeech();
    voice.failNext(new Error('hoarse'));

    await expect(voice.synthesize('One.').next()).rejects.toThrow('hoarse');
    await expect(voice.synthesize('Two.', { speed: 2 }).next()).resolves.toMatchObject({ done: false });
    expect(voice.calls).toEqual([
      { text: 'One.', speed: 1 },
      { text: 'Two.', speed: 2 },
    ]);
  });
});
