import type { Segment } from './segmenter.js';

/** A piece of a reply that is synthesized in one call. */
export interface Unit extends Segment {
  /** What is said for `text`; empty where it is only shown. */
  readonly spoken: string;
  /** Nothing follows for a while: a tool is at work, or a person is asked. */
  readonly isBeforePause?: boolean;
}
