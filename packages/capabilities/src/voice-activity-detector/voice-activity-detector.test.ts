import { describe, expect, it } from '@jest/globals';
import { type Frame, Framer } from '@tiercel/audio';
import { describeVoiceActivityDetectorContract, FakeVoiceActivityDetector } from './testing.js';

const tone = Int16Array.from({ length: 16_000 }, (_, index) => Math.round(8000 * Math.sin(index / 5)));

describeVoiceActivityDetectorContract(
  'FakeVoiceActivityDetector',
  () => {
    const provider = new FakeVoiceActivityDetector();
    return { provider, close: () => expect(provider.open).toBe(0) };
  },
  { speech: tone },
);

describe('FakeVoiceActivityDetector', () => {
  it('refuses one stream more than its limit', async () => {
    const detector = new FakeVoiceActivityDetector({ maxStreams: 1 });
    const first = detector.detect(speaking());
    await first.next();

    const second = detector.detect(speaking()).next();

    await expect(second).rejects.toMatchObject({ code: 'VOICE_ACTIVITY_OVERLOADED', retryable: true });
    await first.return(undefined);
    expect(detector.open).toBe(0);
  });
});

async function* speaking(): AsyncGenerator<Frame> {
  yield* new Framer({ frameSamples: 512, sampleRateHz: 16_000 }).push(tone, 0);
}
