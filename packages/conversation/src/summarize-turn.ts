import type { AssistantEvent, TurnOutcome, TurnPath } from '@tiercel/capabilities/assistant';

/** A turn in one glance. */
export interface TurnSummary {
  readonly heard: string;
  readonly path: TurnPath;
  /** The first tool that was called. */
  readonly tool?: string;
  /** The plugin whose model answered last. */
  readonly provider?: string;
  /** What the assistant said, as far as it was heard. */
  readonly said: string;
  readonly outcome: TurnOutcome;
  readonly spans: Readonly<Record<string, number>>;
  readonly totalMs: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Sums up the first turn that ends among `events`; `undefined` if none does. */
export function summarizeTurn(events: readonly AssistantEvent[]): TurnSummary | undefined {
  const end = events.find((event) => event.type === 'turn-end');
  if (!end) return undefined;
  const [tool] = end.tools;
  return {
    heard: end.heard,
    path: end.path,
    ...(tool !== undefined && { tool }),
    ...(end.provider !== undefined && { provider: end.provider }),
    said: end.outcome === 'interrupted' ? end.playout : end.reply,
    outcome: end.outcome,
    spans: end.timeline.spans,
    totalMs: end.timeline.totalMs,
    ...(end.error && { error: end.error }),
  };
}

/** The summary of something said that started no turn: noise, for instance. */
export const emptyTurn: TurnSummary = {
  heard: '',
  path: 'none',
  said: '',
  outcome: 'empty',
  spans: {},
  totalMs: 0,
};
