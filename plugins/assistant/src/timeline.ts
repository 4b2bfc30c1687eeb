import type { Timeline } from '@tiercel/capabilities/assistant';

/** The moments of a turn, in order, and the name of the span that ends there. */
const STAGES = [
  /** The last sample of speech; for a typed turn, its arrival. */
  ['begin', ''],
  /** The detector has heard enough silence. */
  ['softEnd', 'endpoint'],
  ['transcriptFinal', 'transcribe'],
  /** The pause was long enough: the turn is over. */
  ['commit', 'commit'],
  /** The turn before it has ended. */
  ['turnStart', 'wait'],
  /** It is known which way the reply is made. */
  ['intent', 'understand'],
  /** The tool of a fixed command has answered. */
  ['tool', 'tool'],
  ['modelRequest', 'prompt'],
  /** First answer text, not a role or a tool call; rounds of tool calls come before it. */
  ['modelFirstText', 'modelFirstText'],
  /** The first piece of the reply that can be spoken is complete. */
  ['firstUnit', 'firstUnit'],
  ['ttsStart', 'voice'],
  ['ttsFirstFrame', 'synthesize'],
  /** The first frame has been sent. */
  ['outputWrite', 'output'],
  /** The first sample that can be heard has been played. */
  ['audible', 'audible'],
] as const;

export type Mark = (typeof STAGES)[number][0];

/** Collects the marks of one turn. Each mark is set once; later ones do not move it. */
export class TimelineMarks {
  readonly #marks = new Map<Mark, number>();

  mark(mark: Mark, timeMs: number): void {
    if (Number.isFinite(timeMs) && !this.#marks.has(mark)) this.#marks.set(mark, timeMs);
  }

  has(mark: Mark): boolean {
    return this.#marks.has(mark);
  }

  /** Spans between the marks there are. A mark before its predecessor ends a span of 0, and the rest counts as overlap. */
  toTimeline(): Timeline {
    const spans: Record<string, number> = {};
    const overlapMs: Record<string, number> = {};
    let first: number | undefined;
    let previous = 0;
    for (const [mark, span] of STAGES) {
      const timeMs = this.#marks.get(mark);
      if (timeMs === undefined) continue;
      if (first === undefined) {
        first = timeMs;
        previous = timeMs;
        continue;
      }
      spans[span] = Math.max(0, timeMs - previous);
      if (timeMs < previous) overlapMs[span] = previous - timeMs;
      previous = Math.max(previous, timeMs);
    }
    return { spans, totalMs: first === undefined ? 0 : previous - first, overlapMs };
  }
}
