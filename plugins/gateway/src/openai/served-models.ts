import { type LanguageModel, LanguageModelError } from '@tiercel/capabilities/language-model';
import { GatewayError } from '../errors.js';
import { type Caller, may } from '../http/key-ring.js';
import type { AssistantChatModel } from './assistant-chat-model.js';
import type { ChatModel } from './chat-model.js';
import { LanguageChatModel } from './language-chat-model.js';

/** The models that a caller may use: every one of the node, in the order of `bind`, and the assistant. */
export class ServedModels {
  readonly #models: readonly LanguageModel[];
  readonly #assistant: AssistantChatModel | undefined;

  constructor(models: readonly LanguageModel[], assistant: AssistantChatModel | undefined) {
    this.#models = models;
    this.#assistant = assistant;
  }

  list(caller: Caller): readonly ChatModel[] {
    return [...this.#byId().values()].filter(({ id }) => may(caller, 'models', id));
  }

  /** Whoever may not use a model is told so, and not that it does not exist: `/v1/models` shows what there is for a key. */
  find(id: string, caller: Caller): ChatModel {
    const model = this.#byId().get(id);
    if (!model)
      throw new LanguageModelError('LANGUAGE_MODEL_UNKNOWN', {
        model: id,
        known: this.list(caller).map((known) => known.id),
      });
    if (!may(caller, 'models', id))
      throw new GatewayError('GATEWAY_SCOPE_MISSING', { scope: `models:${id}` });
    return model;
  }

  /** Asked each time: a remote model may learn its name late, and change it. */
  #byId(): ReadonlyMap<string, ChatModel> {
    const byId = new Map<string, ChatModel>();
    for (const model of this.#models) {
      const id = model.features.model;
      if (!byId.has(id)) byId.set(id, new LanguageChatModel(id, model));
    }
    if (this.#assistant) byId.set(this.#assistant.id, this.#assistant);
    return byId;
  }
}
