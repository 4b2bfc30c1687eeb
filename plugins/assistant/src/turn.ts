import type { AssistantEvent, TurnOutcome, TurnPath } from '@tiercel/capabilities/assistant';
import type { ModelMessage } from '@tiercel/capabilities/language-model';
import { isTiercelError } from '@tiercel/kernel';
import type { TextSpan } from './reply-writer.js';
import { type Mark, TimelineMarks } from './timeline.js';

export type TurnEnd = Extract<AssistantEvent, { readonly type: 'turn-end' }>;

export interface TurnOptions {
  /** Unique over all conversations. */
  readonly id: string;
  readonly number: number;
  readonly attempt: number;
  readonly language: string;
  readonly signal: AbortSignal;
  readonly emit: (event: AssistantEvent) => Promise<void>;
}

/** Everything that is known about one turn while it runs. */
export class Turn {
  readonly id: string;
  readonly number: number;
  readonly attempt: number;
  readonly language: string;
  /** Aborts when the turn is given up; its reason is a `TurnAbort`. */
  readonly signal: AbortSignal;
  readonly emit: (event: AssistantEvent) => Promise<void>;
  readonly marks = new TimelineMarks();
  readonly exchanges: ModelMessage[] = [];
  readonly tools: string[] = [];
  path: TurnPath = 'none';
  heard = '';
  reply = '';
  playout = '';
  /** Parts of the reply that the model is not reminded of. */
  asides: readonly TextSpan[] = [];
  /** The person went on to something else while the reply was being made. */
  isSuperseded = false;
  /** The plugin whose model answered last. */
  provider: string | undefined;

  constructor(options: TurnOptions) {
    this.id = options.id;
    this.number = options.number;
    this.attempt = options.attempt;
    this.language = options.language;
    this.signal = options.signal;
    this.emit = options.emit;
  }

  mark = (mark: Mark, timeMs: number): void => this.marks.mark(mark, timeMs);

  choosePath(path: TurnPath): Promise<void> {
    this.path = path;
    return this.emit({ type: 'path-chosen', turn: this.number, path });
  }

  /** What the history is to remember of the reply: what was heard of it, without its asides. */
  get remembered(): string {
    let text = '';
    let from = 0;
    for (const { start, end } of this.asides) {
      text += this.playout.slice(from, start);
      from = end;
    }
    return (text + this.playout.slice(from)).trim();
  }

  toEnd(outcome: TurnOutcome, error?: unknown): TurnEnd {
    const { number, attempt, path, heard, reply, playout, provider } = this;
    return {
      type: 'turn-end',
      turn: number,
      attempt,
      outcome,
      path,
      heard,
      reply,
      playout,
      tools: [...this.tools],
      ...(provider === undefined ? {} : { provider }),
      timeline: this.marks.toTimeline(),
      ...(error === undefined ? {} : { error: describeError(error) }),
    };
  }
}

/** Only texts of our catalogues go to the outside: others may hold what was said. */
function describeError(error: unknown): { readonly code: string; readonly message: string } {
  if (isTiercelError(error)) return { code: error.code, message: error.message };
  return { code: 'ASSISTANT_STAGE_FAILED', message: 'The turn failed. The log holds the cause.' };
}
