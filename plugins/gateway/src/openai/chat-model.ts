import type { LanguageModelEvent, LanguageModelFeatures } from '@tiercel/capabilities/language-model';
import type { ChatRequest } from './chat-request.js';

export interface ChatOptions {
  readonly signal: AbortSignal;
  /** Conversation that the request belongs to, of this caller only. */
  readonly session: string | undefined;
  /** W3C trace context that the client sent. */
  readonly traceparent: string | undefined;
}

/** Whatever answers chat completions under one id. */
export interface ChatModel {
  readonly id: string;
  /** What clients may plan with; absent where nobody knows, as with the assistant. */
  readonly features?: LanguageModelFeatures;
  /** Throws what makes the request impossible, before it takes a place in the queue. */
  check(chat: ChatRequest, options: ChatOptions): Promise<void>;
  /** Length of the prompt, in tokens of this model. */
  countTokens(chat: ChatRequest, options: ChatOptions): Promise<number>;
  answer(chat: ChatRequest, options: ChatOptions): AsyncIterable<LanguageModelEvent>;
}
