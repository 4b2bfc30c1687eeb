import type { Frame } from '@tiercel/audio';
import { firstThatStarts } from '@tiercel/failover';
import { defineCapability } from '@tiercel/kernel';

export type VoiceActivityEvent =
  /** Speech began. `position` is the best estimate of its first sample; `detectedPosition` is how far the detector had read. */
  | { readonly type: 'speech-start'; readonly position: number; readonly detectedPosition: number }
  /**
   * Speech has been over for the detector's minimum silence. `position` is the best estimate of the sample after the last
   * spoken one. Follows each `speech-start` exactly once, also when the stream ends inside speech.
   */
  | { readonly type: 'speech-end'; readonly position: number; readonly detectedPosition: number };

export interface DetectOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface VoiceActivityFeatures {
  /** Samples that each frame must have. */
  readonly windowSize: number;
  readonly sampleRateHz: number;
}

/** Tells speech from silence. Streams are independent: one provider serves many at once. */
export interface VoiceActivityDetector {
  /** What `frames` must look like. */
  readonly features: VoiceActivityFeatures;
  /**
   * Reads `frames` (each exactly `features.windowSize` samples at `features.sampleRateHz`, else
   * `VOICE_ACTIVITY_WINDOW_WRONG`) to their end and yields the edges of speech in order. Positions are those of the frames.
   * Leaving early or aborting `signal` also stops reading `frames` and frees the detector.
   */
  detect(frames: AsyncIterable<Frame>, options?: DetectOptions): AsyncIterable<VoiceActivityEvent>;
}

export const VoiceActivityDetector = defineCapability<VoiceActivityDetector>()({
  id: 'voice-activity-detector',
  version: '1.0.0',
  methods: { features: 'fact', detect: 'duplex' },
  compose: firstThatStarts,
});
