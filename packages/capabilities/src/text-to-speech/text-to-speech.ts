import type { Frame } from '@tiercel/audio';
import { firstThatStarts } from '@tiercel/failover';
import { defineCapability } from '@tiercel/kernel';

export interface SynthesizeOptions {
  /** 1 is the voice's own pace; 0.5 … 2. Default: the provider's configuration. */
  readonly speed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TextToSpeechFeatures {
  readonly voice: string;
  /** Rate of every frame that this voice makes. */
  readonly sampleRateHz: number;
  readonly languages: readonly string[];
}

/** Speaks one unit of text per call. One provider serves many calls; a voice synthesizes them one after the other, in order. */
export interface TextToSpeech {
  readonly features: TextToSpeechFeatures;
  /**
   * Yields 20 ms frames (the last may be shorter) from position 0, the first before the last exists where the engine can.
   * Empty or unspeakable text gives no frames and no error. Aborting `signal` or leaving early stops further frames.
   */
  synthesize(text: string, options?: SynthesizeOptions): AsyncIterable<Frame>;
}

export const TextToSpeech = defineCapability<TextToSpeech>()({
  id: 'text-to-speech',
  version: '1.0.0',
  methods: { features: 'fact', synthesize: 'stream-out' },
  compose: firstThatStarts,
});
