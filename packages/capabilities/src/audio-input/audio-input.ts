import type { Frame } from '@tiercel/audio';
import { defineCapability } from '@tiercel/kernel';

export interface AudioInputFeatures {
  readonly sampleRateHz: number;
  /** Samples per frame; only the last frame of a stream may be shorter. */
  readonly frameSamples: number;
  /** Whether the speaker's own sound is removed before we see it. */
  readonly echo: 'cancelled' | 'none';
  /** Whether the stream ends by itself (a file) or only when it is aborted (a microphone). */
  readonly isFinite: boolean;
}

/** A source of sound. Down-mixes and resamples to its declared format. */
export interface AudioInput {
  readonly features: AudioInputFeatures;
  /**
   * Mono frames at the declared rate, positions counting from 0; a jump in `position` means loss. `timeMs` is the time on
   * the node's `Clock` at which the first sample was (or would have been) heard. Begins when the result is first read; one
   * capture at a time, else `AUDIO_INPUT_BUSY`. A reader that falls more than 1 s behind a live source loses the oldest
   * frames. Aborting `signal` ends it with the signal's reason; then, or when the reader leaves, the source is free again.
   */
  capture(options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<Frame>;
}

export const AudioInput = defineCapability<AudioInput>()({
  id: 'audio-input',
  version: '1.0.0',
  methods: { features: 'fact', capture: 'stream-out' },
});
