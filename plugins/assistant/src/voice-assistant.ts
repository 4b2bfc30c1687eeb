import type {
  Assistant,
  AssistantEvent,
  AssistantInput,
  ConverseOptions,
} from '@tiercel/capabilities/assistant';
import { Conversation } from './conversation.js';
import type { Parts } from './parts.js';

/** Holds conversations with whatever engines the node has. */
export class VoiceAssistant implements Assistant, AsyncDisposable {
  readonly #parts: Parts;
  readonly #running = new Map<Conversation, Promise<void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  converse(
    input: AsyncIterable<AssistantInput>,
    options: ConverseOptions = {},
  ): AsyncIterable<AssistantEvent> {
    return { [Symbol.asyncIterator]: () => this.#start(input, options) };
  }

  /** Stops all conversations and waits for them. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const conversation of this.#running.keys()) conversation.stop();
    await Promise.all(this.#running.values());
  }

  #start(input: AsyncIterable<AssistantInput>, options: ConverseOptions): AsyncIterator<AssistantEvent> {
    const conversation = new Conversation(this.#parts, input, options);
    const events = conversation.events[Symbol.asyncIterator]();
    const done = conversation.run().finally(() => this.#running.delete(conversation));
    this.#running.set(conversation, done);
    return {
      next: () => events.next(),
      return: async () => {
        conversation.stop();
        await events.return?.();
        await done;
        return { done: true, value: undefined };
      },
    };
  }
}
