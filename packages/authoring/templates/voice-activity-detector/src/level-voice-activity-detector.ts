import { type Frame, levelDbfs, samplesOf } from '@tiercel/audio';
import {
  type DetectOptions,
  type VoiceActivityDetector,
  VoiceActivityError,
  type VoiceActivityEvent,
  type VoiceActivityFeatures,
} from '@tiercel/capabilities/voice-activity-detector';
import { raceSignal } from '@tiercel/kernel';

export interface LevelOptions {
  readonly thresholdDbfs: number;
  readonly silenceMs: number;
}

const never = new AbortController().signal;

/** Takes loud for speech. Streams share nothing, so there may be any number of them. */
export class LevelVoiceActivityDetector implements VoiceActivityDetector {
  readonly features: VoiceActivityFeatures = { windowSize: 512, sampleRateHz: 16_000 };
  readonly #thresholdDbfs: number;
  readonly #silenceSamples: number;

  constructor({ thresholdDbfs, silenceMs }: LevelOptions) {
    this.#thresholdDbfs = thresholdDbfs;
    this.#silenceSamples = samplesOf(silenceMs, this.features.sampleRateHz);
  }

  async *detect(
    frames: AsyncIterable<Frame>,
    { signal = never }: DetectOptions = {},
  ): AsyncGenerator<VoiceActivityEvent, void, void> {
    signal.throwIfAborted();
    const source = frames[Symbol.asyncIterator]();
    /** Sample after the last loud one while speech is open. */
    let speechEnd: number | undefined;
    let detectedPosition = 0;
    try {
      for (;;) {
        const { done, value: frame } = await raceSignal(source.next(), signal);
        if (done) break;
        this.#check(frame);
        const isGap = frame.position !== detectedPosition;
        if (speechEnd !== undefined && isGap) {
          yield { type: 'speech-end', position: speechEnd, detectedPosition };
          speechEnd = undefined;
        }
        detectedPosition = frame.position + frame.pcm.length;
        if (levelDbfs(frame.pcm) >= this.#thresholdDbfs) {
          if (speechEnd === undefined) {
            yield { type: 'speech-start', position: frame.position, detectedPosition };
          }
          speechEnd = detectedPosition;
        } else if (speechEnd !== undefined && detectedPosition - speechEnd >= this.#silenceSamples) {
          yield { type: 'speech-end', position: speechEnd, detectedPosition };
          speechEnd = undefined;
        }
      }
      if (speechEnd !== undefined) yield { type: 'speech-end', position: speechEnd, detectedPosition };
    } finally {
      // The source is told to stop and not waited for: it may be silent for ever.
      source.return?.().then(undefined, () => undefined);
    }
  }

  #check({ pcm, sampleRateHz }: Frame): void {
    const { windowSize, sampleRateHz: expectedRateHz } = this.features;
    const samples = pcm.length;
    if (samples === windowSize && sampleRateHz === expectedRateHz) return;
    const details = { samples, sampleRateHz, windowSize, expectedRateHz };
    throw new VoiceActivityError('VOICE_ACTIVITY_WINDOW_WRONG', details);
  }
}
