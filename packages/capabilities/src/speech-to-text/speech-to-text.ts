import type { Frame } from '@tiercel/audio';
import { firstThatStarts } from '@tiercel/failover';
import { defineCapability } from '@tiercel/kernel';

export type TranscriptEvent =
  /** May be replaced by any later event of the same utterance. */
  | { readonly type: 'transcript-partial'; readonly utteranceId: string; readonly text: string }
  /**
   * Never changes again. `endMs` counts from the first frame. `confidence` (0 … 1) is absent where the engine has none:
   * it is never made up.
   */
  | {
      readonly type: 'transcript-final';
      readonly utteranceId: string;
      readonly text: string;
      readonly language: string;
      readonly endMs: number;
      readonly confidence?: number;
    };

export interface TranscribeOptions {
  /** Chosen by the caller and repeated in each event, so that a late transcript is never taken for another. */
  readonly utteranceId: string;
  /** BCP 47 primary subtag, such as `en`. Default: the provider's configured language. */
  readonly language?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SpeechToTextFeatures {
  readonly model: string;
  /** Rate that needs no conversion; frames of any other rate are refused with `SPEECH_TO_TEXT_RATE_WRONG`. */
  readonly sampleRateHz: number;
  /** Whether `transcript-partial` is ever sent. */
  readonly hasPartials: boolean;
  /** Accepted values of `language`. */
  readonly languages: readonly string[];
}

/** Turns speech into text. One provider serves many calls at once, and calls do not affect each other. */
export interface SpeechToText {
  readonly features: SpeechToTextFeatures;
  /**
   * Reads the frames of one utterance to their end and yields what was recognised. Closes with exactly one
   * `transcript-final`; silence or no frames at all give one with empty text. Aborting `signal` settles at once and stops
   * reading `frames`, though the engine may work on in the background.
   */
  transcribe(frames: AsyncIterable<Frame>, options: TranscribeOptions): AsyncIterable<TranscriptEvent>;
}

export const SpeechToText = defineCapability<SpeechToText>()({
  id: 'speech-to-text',
  version: '1.0.0',
  methods: { features: 'fact', transcribe: 'duplex' },
  compose: firstThatStarts,
});
