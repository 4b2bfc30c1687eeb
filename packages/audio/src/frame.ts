/**
 * A block of mono samples with its rate and its place in the stream.
 *
 * Capture frames are 512 samples at 16 kHz (32 ms), so that one frame is one window of the voice detector; playout frames
 * are 20 ms at the stream's rate. All frames of a stream have one length, except the last, which may be shorter.
 */
export interface Frame {
  /** Mono. Receivers must not write into it: the same array may be on its way to others. */
  readonly pcm: Int16Array;
  /** Samples per second. Travels with the samples and is never assumed. */
  readonly sampleRateHz: number;
  /** Index of the first sample since this stream began. A jump means that samples were lost. */
  readonly position: number;
  /** Monotonic time of the first sample, from the machine's clock. Means nothing on another machine. */
  readonly timeMs: number;
}

/** How long the frame sounds. */
export function durationMs(frame: Pick<Frame, 'pcm' | 'sampleRateHz'>): number {
  return (frame.pcm.length * 1000) / frame.sampleRateHz;
}
