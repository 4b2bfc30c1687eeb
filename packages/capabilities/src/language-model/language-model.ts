import { firstThatStarts } from '@tiercel/failover';
import { defineCapability } from '@tiercel/kernel';
import type { JsonSchema } from '../tool-provider/index.js';

export interface ModelToolCall {
  readonly id: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** The model wrote arguments that are not a JSON object; `args` is then empty. Answer the model, do not run it. */
  readonly isInvalid?: boolean;
}

export type ModelMessage =
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly toolCalls?: readonly ModelToolCall[] }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly text: string };

export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
}

export interface ModelRequest {
  /** Oldest first; at most one `system` message, and it comes first. */
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly ModelTool[];
  readonly toolChoice?: 'auto' | 'none' | 'required';
  /** The whole answer must be JSON that fits. */
  readonly responseSchema?: JsonSchema;
  readonly maxTokens?: number;
  /** 0 … 2; 0 always picks the likeliest. Default 0. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  /** Calls of one conversation carry the same id, so that its evaluated prefix can be kept. Never sent to another machine. */
  readonly conversationId?: string;
}

export interface ModelUsage {
  readonly inputTokens: number;
  /** The part of `inputTokens` that did not have to be evaluated again. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens?: number;
  /** Counted by us, not by the engine. */
  readonly isEstimated: boolean;
  /** Where the time went, as far as the engine tells. */
  readonly timings?: {
    readonly queueMs?: number;
    readonly prefillMs?: number;
    readonly decodeMs?: number;
  };
}

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'filtered';

/** `text-delta`*, `tool-call`*, then `usage`?, then exactly one `end`. A failed stream throws instead, never both. */
export type LanguageModelEvent =
  | { readonly type: 'text-delta'; readonly text: string }
  /** Complete. Never sent when the answer was cut at `length`. */
  | { readonly type: 'tool-call'; readonly call: ModelToolCall }
  | { readonly type: 'usage'; readonly usage: ModelUsage }
  | {
      readonly type: 'end';
      readonly finishReason: FinishReason;
      /** Which plugin answered, such as `llm-local`: for programs and logs, never spoken. */
      readonly provider?: string;
    };

export interface LanguageModelFeatures {
  readonly model: string;
  /** Prompt and answer together. */
  readonly contextTokens: number;
  /** `none`: the model cannot call tools and must not be told about any. */
  readonly tools: 'native' | 'none';
  readonly responseSchema: 'native' | 'none';
  /** Whether a second turn with the same beginning skips its evaluation. */
  readonly reusesPrefix: boolean;
}

export interface ModelCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Trace that this call belongs to, as in the W3C header of that name. Handed on to other machines. */
  readonly traceparent?: string | undefined;
}

/** A chat model. One provider serves many calls at once, within its slots; more wait in a bounded queue. */
export interface LanguageModel {
  readonly features: LanguageModelFeatures;
  /**
   * Answers `request`. Throws `LANGUAGE_MODEL_CONTEXT_EXCEEDED` before any work when the prompt is too long; nothing is
   * ever cut silently. Aborting `signal` settles at once; leaving early counts as an abort. An error after the first event
   * may tell with `partialOf` what had been said until then.
   */
  generate(request: ModelRequest, options?: ModelCallOptions): AsyncIterable<LanguageModelEvent>;
  /** Length of the prompt that `request` makes, in this model's tokens. */
  countTokens(request: ModelRequest, options?: ModelCallOptions): Promise<number>;
  /** Evaluates the beginning that later requests share (system prompt, tools), so that the first one is as fast as the next. */
  warmUp(request: ModelRequest, options?: ModelCallOptions): Promise<void>;
}

export const LanguageModel = defineCapability<LanguageModel>()({
  id: 'language-model',
  version: '1.0.0',
  methods: { features: 'fact', generate: 'stream-out', countTokens: 'unary', warmUp: 'unary' },
  // What is too much for one model may fit another.
  compose: firstThatStarts.with({
    passOn: ['LANGUAGE_MODEL_CONTEXT_EXCEEDED', 'LANGUAGE_MODEL_SCHEMA_UNSUPPORTED'],
  }),
});
