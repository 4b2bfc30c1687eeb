import type { SessionTurn } from './session.js';

export interface SessionJson {
  /** From the start of the process to the first word that could have been said. */
  readonly readyMs: number;
  readonly rssMiB: number;
  readonly turns: readonly object[];
  readonly wav?: string;
}

/** The one document that `--json` prints for a conversation. Times in milliseconds with one decimal. */
export function toJson(
  turns: readonly SessionTurn[],
  { readyMs, wav }: { readonly readyMs: number; readonly wav?: string | undefined },
): SessionJson {
  return {
    readyMs: Math.round(readyMs),
    rssMiB: Math.round(process.memoryUsage.rss() / 1_048_576),
    turns: turns.map(({ summary, source }) => ({
      ...(source.type === 'recording' && { recording: source.name }),
      ...summary,
      spans: Object.fromEntries(Object.entries(summary.spans).map(([stage, ms]) => [stage, tenths(ms)])),
      totalMs: tenths(summary.totalMs),
    })),
    ...(wav !== undefined && { wav }),
  };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
