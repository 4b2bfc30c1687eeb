import type { TurnSummary } from '@tiercel/conversation';
import type { SessionTurn } from './session.js';

export interface SessionJson {
  /** From the start of the process to the first word that could have been said. */
  readonly readyMs: number;
  /** Of the node, children included. */
  readonly rssMiB: number;
  readonly turns: readonly object[];
  readonly wav?: string;
}

/** The one document that `--json` prints for a conversation. Times in milliseconds with one decimal. */
export function toJson(
  turns: readonly SessionTurn[],
  {
    readyMs,
    rssMiB,
    wav,
  }: { readonly readyMs: number; readonly rssMiB: number; readonly wav?: string | undefined },
): SessionJson {
  return {
    readyMs: Math.round(readyMs),
    rssMiB,
    turns: turns.map(({ summary, source }) => ({
      ...(source.type === 'recording' && { recording: source.name }),
      ...summary,
      ...rounded(summary),
    })),
    ...(wav !== undefined && { wav }),
  };
}

/** Rounds the moments between spans, not their lengths, so that what is printed still sums to the total. */
function rounded({ spans, totalMs }: TurnSummary): Pick<TurnSummary, 'spans' | 'totalMs'> {
  let endMs = 0;
  let before = 0;
  const each = Object.entries(spans).map(([stage, ms]) => {
    endMs += ms;
    const span = tenths(tenths(endMs) - before);
    before = tenths(endMs);
    return [stage, span] as const;
  });
  return { spans: Object.fromEntries(each), totalMs: each.length > 0 ? before : tenths(totalMs) };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
