import { describe, expect, it } from '@jest/globals';
import type { Vad } from '@tiercel/sherpa';
import { testHearing } from './hearing-test.js';

const options = { model: 'test', windowSize: 512, sampleRateHz: 16_000, minSpeechMs: 100, minSilenceMs: 160 };

function vadThat(isDetected: (samples: Float32Array) => boolean): Vad {
  let isSpeech = false;
  return {
    acceptWaveform: (samples) => {
      isSpeech = isDetected(samples);
    },
    isDetected: () => isSpeech,
    isEmpty: () => true,
    pop: () => undefined,
    reset: () => undefined,
  };
}

describe('testHearing', () => {
  it('passes a detector that hears one word between silences', async () => {
    let windows = 0;
    const hearing = vadThat(() => ++windows > 25 && windows < 45);

    await expect(testHearing(hearing, options)).resolves.toBeUndefined();
  });

  it('refuses one that hears nothing', async () => {
    await expect(
      testHearing(
        vadThat(() => false),
        options,
      ),
    ).rejects.toMatchObject({ code: 'SPEECH_ENGINE_DEAF' });
  });

  it('refuses one that hears speech everywhere', async () => {
    await expect(
      testHearing(
        vadThat(() => true),
        options,
      ),
    ).rejects.toMatchObject({ code: 'SPEECH_ENGINE_DEAF' });
  });

  it('refuses one that hears speech in fragments', async () => {
    let windows = 0;

    const hearing = testHearing(
      vadThat(() => ++windows % 4 < 2),
      options,
    );

    await expect(hearing).rejects.toMatchObject({ code: 'SPEECH_ENGINE_DEAF' });
  });
});
