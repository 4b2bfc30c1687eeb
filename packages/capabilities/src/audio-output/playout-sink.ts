/** Where a `Playout` puts its samples: a file, a program, a socket. Mono, at one rate. */
export interface PlayoutSink {
  /**
   * Takes the next samples. They follow those of the call before without a gap, unless `startMs` says when the first of
   * them is to sound. Settles when there is room for more, and rejects rather than wait without end.
   */
  write(pcm: Int16Array, startMs?: number): Promise<void>;
  /** Nothing more follows for this attempt. Called once after its last `write`; settles when its sound is over. */
  finish(): Promise<void>;
}
