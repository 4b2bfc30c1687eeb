import type { Frame } from '@tiercel/audio';
import { defineCapability } from '@tiercel/kernel';

export interface AudioOutputFeatures {
  /** Rate of the device or file; `play` takes any rate and converts. */
  readonly sampleRateHz: number;
  /** Whether playing takes as long as the sound lasts. */
  readonly isPaced: boolean;
  /** `false` where progress is only estimated from what was written. */
  readonly countsPlayed: boolean;
}

/** How far an attempt has been heard. */
export interface PlayoutProgress {
  readonly attempt: number;
  /** Samples played so far, counted at the rate of the frames given to `play`, without device latency. Never decreases. */
  readonly samples: number;
  /** Time on the node's `Clock` when the last of them was played. */
  readonly timeMs: number;
}

/**
 * A sink for the assistant's voice. Attempts only grow, and each is played once: a `play` of the latest or an older one ends
 * at once, is counted, and leaves what sounds alone. An output outlives a conversation, so a new one counts on from the
 * attempt that `clear` names.
 */
export interface AudioOutput {
  readonly features: AudioOutputFeatures;
  /**
   * Plays the frames of one attempt, in order, and yields progress at least every 100 ms of playing and once at the end.
   * Begins when the result is first read; a slow reader gets the newest progress only and does not slow the sound down.
   * A newer attempt or `clear` ends it early, without an error; aborting `signal` ends it with the signal's reason.
   * Buffers at most 600 ms, then stops reading `frames`. An error of `frames` or of the sink is thrown.
   */
  play(
    frames: AsyncIterable<Frame>,
    options: { readonly attempt: number; readonly signal?: AbortSignal | undefined },
  ): AsyncIterable<PlayoutProgress>;
  /**
   * Fades out over `fadeMs`, throws the buffer away and says what was played of the latest attempt; `samples` does not
   * count the fade. Before the first attempt, it names attempt 0.
   */
  clear(options: { readonly fadeMs: number }): Promise<PlayoutProgress>;
  /** Holds at the current sample; `samples` freezes. Idempotent. Lasts until `resume`, `clear` or a newer attempt. */
  pause(): Promise<void>;
  /** Goes on at the held sample. Idempotent. */
  resume(): Promise<void>;
  /** Attempts that were refused because they came too late, and frames whose attempt was overtaken before they sounded. */
  dropped(): Promise<{ readonly attempts: number; readonly frames: number }>;
}

export const AudioOutput = defineCapability<AudioOutput>()({
  id: 'audio-output',
  version: '1.0.0',
  methods: {
    features: 'fact',
    play: 'duplex',
    clear: 'unary',
    pause: 'unary',
    resume: 'unary',
    dropped: 'unary',
  },
});
