import {
  type LanguageModel,
  LanguageModelError,
  type LanguageModelEvent,
  type LanguageModelFeatures,
  type ModelCallOptions,
  type ModelRequest,
} from '@tiercel/capabilities/language-model';
import type { ChatModel, ChatOptions } from './chat-model.js';
import type { ChatRequest } from './chat-request.js';
import { unsupported } from './findings.js';

/** A language model of the node, asked as it is. */
export class LanguageChatModel implements ChatModel {
  readonly id: string;
  readonly #model: LanguageModel;

  constructor(id: string, model: LanguageModel) {
    this.id = id;
    this.#model = model;
  }

  get features(): LanguageModelFeatures {
    return this.#model.features;
  }

  async check(chat: ChatRequest, options: ChatOptions): Promise<void> {
    const { features } = this.#model;
    const { tools = [], toolChoice } = chat.request;
    if (features.tools === 'none' && tools.length > 0 && toolChoice !== 'none')
      unsupported('tools', 'this model cannot call any');
    const inputTokens = await this.countTokens(chat, options);
    const allowedTokens = features.contextTokens;
    if (inputTokens > allowedTokens)
      throw new LanguageModelError('LANGUAGE_MODEL_CONTEXT_EXCEEDED', { inputTokens, allowedTokens });
  }

  countTokens(chat: ChatRequest, options: ChatOptions): Promise<number> {
    return this.#model.countTokens(this.#requestOf(chat, options), callOptions(options));
  }

  answer(chat: ChatRequest, options: ChatOptions): AsyncIterable<LanguageModelEvent> {
    return this.#model.generate(this.#requestOf(chat, options), callOptions(options));
  }

  /** Tools that must not be called may be named to a model that calls none, and are then left out. */
  #requestOf({ request }: ChatRequest, { session }: ChatOptions): ModelRequest {
    const { tools, toolChoice, ...rest } = request;
    const hasTools = tools && this.#model.features.tools === 'native';
    return {
      ...rest,
      ...(hasTools && { tools, ...(toolChoice && { toolChoice }) }),
      ...(session !== undefined && { conversationId: session }),
    };
  }
}

function callOptions({ signal, traceparent }: ChatOptions): ModelCallOptions {
  return { signal, traceparent };
}
