import type { Completeness } from './words.js';

export interface Silence {
  /** Since the last speech, in stream time. */
  readonly silenceMs: number;
  /** Since the detector found that speech was over, in stream time. */
  readonly sinceSoftEndMs: number;
  /** Nothing stood out from the background a moment ago. Speech that has begun is heard before the detector is sure of it. */
  readonly isQuiet: boolean;
  /** What the transcript looks like; `undefined` while it is being made. */
  readonly completeness: Completeness | undefined;
}

export interface PauseRules {
  /** Ends a turn that looks complete. */
  readonly completePauseMs: number;
  /** Ends one of which that cannot be told. */
  readonly pauseMs: number;
  /** Ends any turn, counted from the soft end. */
  readonly maxPauseMs: number;
}

/** Whether the speaker has finished. What comes later belongs to the next turn. */
export function isTurnOver(silence: Silence, rules: PauseRules): boolean {
  if (silence.sinceSoftEndMs >= rules.maxPauseMs) return true;
  if (!silence.isQuiet) return false;
  switch (silence.completeness) {
    case 'complete':
      return silence.silenceMs >= rules.completePauseMs;
    case 'open':
      return silence.silenceMs >= rules.pauseMs;
    case 'unfinished':
    case undefined:
      return false;
    default:
      return silence.completeness satisfies never;
  }
}
