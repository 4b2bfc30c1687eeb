import type { Frame } from '@tiercel/audio';
import { defineCapability } from '@tiercel/kernel';

/** What a person, or the program in front of one, sends into a conversation. */
export type AssistantInput =
  /** Microphone audio, 16 kHz, any frame length, in order. */
  | { readonly type: 'audio'; readonly frame: Frame }
  /** No more audio follows for now; an utterance that is still open ends here. Text may follow. */
  | { readonly type: 'audio-end' }
  /** A typed turn. Waits for the running turn. */
  | { readonly type: 'text'; readonly text: string }
  /** How far the voice of an attempt has been heard, in samples of its `audio` frames; at least every 100 ms while it plays. */
  | { readonly type: 'played'; readonly attempt: number; readonly samples: number; readonly timeMs?: number }
  /** Give up the running turn. */
  | { readonly type: 'cancel' }
  /** The answer to an `approval`, by a click or a key. Ids that are not open (any more) are ignored. */
  | { readonly type: 'approve'; readonly id: string; readonly allow: boolean };

/**
 * What became of an approval. `superseded`: something else was said, which becomes the next turn. `unattended`: the input
 * had ended, so that nobody could answer. `cancelled`: the turn was given up.
 */
export type ApprovalDecision = 'allowed' | 'refused' | 'expired' | 'superseded' | 'unattended' | 'cancelled';

/** How the reply of a turn came about. */
export type TurnPath = 'phrase' | 'model' | 'none';

/** Every turn ends in exactly one of these. */
export type TurnOutcome = 'answered' | 'interrupted' | 'empty' | 'failed';

/**
 * Durations in milliseconds by stage, in order, ≥ 0; they sum to `totalMs` within 1 ms.
 * A spoken turn runs from the last sample of speech to the first audible sample of the reply, a typed one from its arrival.
 */
export interface Timeline {
  readonly spans: Readonly<Record<string, number>>;
  readonly totalMs: number;
  /** Work that was hidden behind an earlier stage, by stage; not part of the sum. */
  readonly overlapMs: Readonly<Record<string, number>>;
}

/** Why a transcript was not taken for speech. Holds figures only, never the text. */
export interface RejectionEvidence {
  readonly cause: 'speech' | 'level' | 'phrase' | 'repetition' | 'empty';
  readonly speechMs: number;
  readonly speechRatio: number;
  readonly levelDbfs: number;
  readonly floorDbfs: number;
}

export type AssistantEvent =
  | { readonly type: 'ready' }
  | { readonly type: 'speech-start'; readonly position: number }
  | { readonly type: 'speech-end'; readonly position: number }
  /** Turns do not overlap: between this and its `turn-end` stands no event of another turn. */
  | { readonly type: 'turn-start'; readonly turn: number; readonly by: 'audio' | 'text' }
  | { readonly type: 'transcript-final'; readonly turn: number; readonly text: string }
  | { readonly type: 'transcript-rejected'; readonly turn: number; readonly evidence: RejectionEvidence }
  /** Which way the reply is made, as soon as that is known. */
  | { readonly type: 'path-chosen'; readonly turn: number; readonly path: TurnPath }
  | {
      readonly type: 'tool-start';
      readonly turn: number;
      readonly tool: string;
      readonly args: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'tool-end'; readonly turn: number; readonly tool: string; readonly isError: boolean }
  /**
   * Stands between `tool-start` and `tool-end`: the tool runs only if a person allows it. `question` is also part of the
   * reply. It is answered by `approve`, or by the next thing that is said or typed: a yes or a no is taken for the answer,
   * anything else refuses and becomes a turn of its own.
   */
  | {
      readonly type: 'approval';
      readonly turn: number;
      readonly id: string;
      readonly tool: string;
      readonly args: Readonly<Record<string, unknown>>;
      readonly question: string;
      readonly expiresInMs: number;
    }
  | {
      readonly type: 'approval-end';
      readonly turn: number;
      readonly id: string;
      readonly decision: ApprovalDecision;
    }
  /** The reply as text, while it is being written. */
  | { readonly type: 'reply-delta'; readonly turn: number; readonly attempt: number; readonly text: string }
  /** A frame of the reply's voice. At most 600 ms beyond the latest `played` are sent. */
  | { readonly type: 'audio'; readonly attempt: number; readonly frame: Frame }
  /** The last frame of this attempt has been sent. */
  | { readonly type: 'audio-end'; readonly attempt: number; readonly samples: number }
  /** Stop sounding at once: fade out and throw away what is buffered for this attempt. */
  | { readonly type: 'clear'; readonly attempt: number; readonly fadeMs: number }
  | {
      readonly type: 'turn-end';
      readonly turn: number;
      readonly attempt: number;
      readonly outcome: TurnOutcome;
      readonly path: TurnPath;
      readonly heard: string;
      /** What the assistant intended to say. */
      readonly reply: string;
      /** The part of it that was heard. */
      readonly playout: string;
      /** Those that were called, in this order; not those that a person did not allow. */
      readonly tools: readonly string[];
      /** The plugin whose model answered last, such as `llm-local`. */
      readonly provider?: string;
      readonly timeline: Timeline;
      /** Set when `outcome` is `failed`. */
      readonly error?: { readonly code: string; readonly message: string };
    };

/** A turn of a conversation that was held elsewhere, or before. */
export interface PastTurn {
  readonly heard: string;
  /** The part of the reply that was heard; empty if none was. */
  readonly playout: string;
}

export interface ConverseOptions {
  /** What was said before this conversation, oldest first: it goes on from there, as if these had been its turns. */
  readonly history?: readonly PastTurn[];
  /** Whether replies are spoken (default) or only written. */
  readonly voice?: boolean;
  readonly language?: string;
  /** W3C Trace Context header of the request that this conversation belongs to; handed on to its tools. */
  readonly traceparent?: string;
  readonly signal?: AbortSignal | undefined;
}

/** The conversation loop. */
export interface Assistant {
  /**
   * Holds one conversation: reads `input` to its end, yields what happens, ends when the last turn is over.
   * Conversations are independent. A failing stage ends its turn with `failed`, not the conversation.
   *
   * Aborting `signal` ends the running turn as `interrupted`, then the stream, without an error; leaving early frees the
   * same. What `input` throws is passed on, also after the end of the running turn. When `input` has ended, nobody can
   * report `played` any more: the rest of the reply is sent as fast as it is read and counts as heard.
   */
  converse(input: AsyncIterable<AssistantInput>, options?: ConverseOptions): AsyncIterable<AssistantEvent>;
}

export const Assistant = defineCapability<Assistant>()({
  id: 'assistant',
  version: '1.0.0',
  methods: { converse: 'duplex' },
});
