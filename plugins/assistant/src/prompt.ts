import type { LanguageModel, ModelMessage, ModelRequest } from '@tiercel/capabilities/language-model';
import type { ToolDescriptor } from '@tiercel/capabilities/tool-provider';
import type { ListedTool } from '@tiercel/capabilities/tool-registry';
import { isTiercelError } from '@tiercel/kernel';
import type { Settings } from './settings.js';

const CANNOT_ACT =
  'You have no tools: you cannot switch devices, set timers, or look anything up. If you are asked to, say that you cannot. Never say that something was done.';

/** What a model is asked with. Whoever answers may be another one than whose features are known, and take less. */
export interface PromptScope {
  /** Whether it can call tools, if there are any. */
  readonly canAct: boolean;
  readonly tools: readonly ToolDescriptor[];
  /** Prompt and answer together. */
  readonly contextTokens: number;
}

/** Tools that are forbidden anyway are not offered. */
export function scopeOf(
  { features }: Pick<LanguageModel, 'features'>,
  listed: readonly ListedTool[],
): PromptScope {
  const canAct = features.tools === 'native';
  const tools = canAct ? listed.filter(({ policy }) => policy !== 'deny') : [];
  return { canAct, tools, contextTokens: features.contextTokens };
}

/** What to ask with after `error`, before anything was answered; `undefined` where asking again makes no sense. */
export function narrowed(scope: PromptScope, error: unknown): PromptScope | undefined {
  if (isTiercelError(error, 'LANGUAGE_MODEL_CONTEXT_EXCEEDED')) {
    const { allowedTokens } = error.details;
    const isLess = typeof allowedTokens === 'number' && allowedTokens < scope.contextTokens;
    return isLess ? { ...scope, contextTokens: allowedTokens } : undefined;
  }
  if (isTiercelError(error, 'LANGUAGE_MODEL_REQUEST_INVALID') && scope.tools.length > 0)
    return { ...scope, canAct: false, tools: [] };
  return undefined;
}

/** Makes requests whose beginnings are the same in every turn of a conversation, so that it is evaluated once. */
export class Prompt {
  readonly #settings: Settings;
  readonly #conversationId: string;

  constructor(settings: Settings, conversationId: string) {
    this.#settings = settings;
    this.#conversationId = conversationId;
  }

  system({ canAct }: Pick<PromptScope, 'canAct'>): string {
    const { systemPrompt } = this.#settings;
    return canAct ? systemPrompt : `${systemPrompt} ${CANNOT_ACT}`.trim();
  }

  request(messages: readonly ModelMessage[], descriptors: readonly ToolDescriptor[]): ModelRequest {
    const { maxReplyTokens: maxTokens, temperature } = this.#settings;
    const tools = descriptors
      .map(({ name, description, parameters }) => ({ name, description, parameters }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const request = { messages, maxTokens, temperature, conversationId: this.#conversationId };
    return tools.length === 0 ? request : { ...request, tools };
  }
}
