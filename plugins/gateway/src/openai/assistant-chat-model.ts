import type { Assistant } from '@tiercel/capabilities/assistant';
import type { Clock } from '@tiercel/capabilities/clock';
import type { LanguageModelEvent } from '@tiercel/capabilities/language-model';
import { GatewayError } from '../errors.js';
import { AssistantSession } from './assistant-session.js';
import type { AssistantSessions } from './assistant-sessions.js';
import type { ChatModel, ChatOptions } from './chat-model.js';
import type { ChatRequest } from './chat-request.js';
import { unsupported } from './findings.js';
import { type Spoken, spokenIn } from './past-turns.js';

export const ASSISTANT_ID = 'assistant';

/** The conversation loop of the node, with its own tools and its own system prompt. */
export class AssistantChatModel implements ChatModel {
  readonly id = ASSISTANT_ID;
  readonly #assistant: Assistant;
  readonly #sessions: AssistantSessions;
  readonly #clock: Clock;

  constructor(assistant: Assistant, sessions: AssistantSessions, clock: Clock) {
    this.#assistant = assistant;
    this.#sessions = sessions;
    this.#clock = clock;
  }

  async check({ request }: ChatRequest): Promise<void> {
    if (request.tools) unsupported('tools', 'the assistant has its own');
    if (request.responseSchema) unsupported('response_format', 'the assistant answers in plain words');
    readSpoken({ request });
  }

  async countTokens(): Promise<number> {
    return unsupported('model', 'the assistant puts its prompts together itself');
  }

  async *answer(
    { request }: ChatRequest,
    { signal, session: name, traceparent }: ChatOptions,
  ): AsyncGenerator<LanguageModelEvent, void, void> {
    const { text, history } = readSpoken({ request });
    const create = () =>
      new AssistantSession(this.#assistant, {
        history,
        clock: this.#clock,
        ...(traceparent !== undefined && { traceparent }),
      });
    if (name !== undefined) {
      yield* this.#sessions.find(name, create).say(text, { signal });
      return;
    }
    const session = create();
    try {
      yield* session.say(text, { signal, isLast: true });
    } finally {
      session.close(
        signal.reason ?? new GatewayError('GATEWAY_TURN_LOST', { outcome: 'the request is over' }),
      );
    }
  }
}

function readSpoken({ request }: Pick<ChatRequest, 'request'>): Spoken {
  const spoken = spokenIn(request.messages);
  if (spoken) return spoken;
  const findings = ['the last message is not of the user, and the assistant answers nobody else'];
  throw new GatewayError('GATEWAY_REQUEST_INVALID', { findings, param: 'messages' });
}
