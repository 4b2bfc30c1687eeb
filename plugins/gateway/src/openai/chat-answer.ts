import { randomUUID } from 'node:crypto';
import type { FinishReason, ModelToolCall, ModelUsage } from '@tiercel/capabilities/language-model';

const FINISH_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  filtered: 'content_filter',
};

/** What an answer was, besides its words. */
export interface AnswerFacts {
  readonly usage: ModelUsage | undefined;
  readonly provider: string | undefined;
  /** Time in the queue of this server. */
  readonly queueMs: number;
}

/** Writes one answer in the words of OpenAI, as chunks or whole. */
export class ChatAnswer {
  readonly #head: { readonly id: string; readonly created: number; readonly model: string };

  constructor(model: string, epochMs: number) {
    const id = `chatcmpl-${randomUUID().replaceAll('-', '')}`;
    this.#head = { id, created: Math.floor(epochMs / 1_000), model };
  }

  role(): object {
    return this.#chunk({ role: 'assistant', content: '' });
  }

  text(content: string): object {
    return this.#chunk({ content });
  }

  toolCall(call: ModelToolCall, index: number): object {
    return this.#chunk({ tool_calls: [{ index, ...toolCallOf(call) }] });
  }

  finish(reason: FinishReason): object {
    return this.#chunk({}, FINISH_REASONS[reason]);
  }

  usage(facts: AnswerFacts): object {
    const usage = facts.usage ? describeUsage(facts.usage) : null;
    return { ...this.#object('chat.completion.chunk'), choices: [], usage, tiercel: describeFacts(facts) };
  }

  whole(
    answer: {
      readonly text: string;
      readonly calls: readonly ModelToolCall[];
      readonly reason: FinishReason;
    },
    facts: AnswerFacts,
  ): object {
    const { text, calls, reason } = answer;
    const message = {
      role: 'assistant',
      content: text === '' && calls.length > 0 ? null : text,
      refusal: null,
      ...(calls.length > 0 && { tool_calls: calls.map(toolCallOf) }),
    };
    return {
      ...this.#object('chat.completion'),
      choices: [{ index: 0, message, logprobs: null, finish_reason: FINISH_REASONS[reason] }],
      ...(facts.usage && { usage: describeUsage(facts.usage) }),
      tiercel: describeFacts(facts),
    };
  }

  #chunk(delta: object, finishReason: string | null = null): object {
    return {
      ...this.#object('chat.completion.chunk'),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    };
  }

  #object(object: string): object {
    const { id, created, model } = this.#head;
    return { id, object, created, model };
  }
}

/** Arguments that were no JSON object are told as `null`, which is none either: the client answers the model. */
function toolCallOf({ id, name, args, isInvalid }: ModelToolCall) {
  return { id, type: 'function', function: { name, arguments: isInvalid ? 'null' : JSON.stringify(args) } };
}

function describeFacts({ usage, provider, queueMs }: AnswerFacts): object {
  const { prefillMs, decodeMs, queueMs: ownQueueMs = 0 } = usage?.timings ?? {};
  return {
    queueMs: Math.round(queueMs + ownQueueMs),
    ...(prefillMs !== undefined && { prefillMs: Math.round(prefillMs) }),
    ...(decodeMs !== undefined && { decodeMs: Math.round(decodeMs) }),
    ...(provider !== undefined && { provider }),
  };
}

function describeUsage({ inputTokens, cachedTokens, outputTokens, reasoningTokens }: ModelUsage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
    ...(reasoningTokens !== undefined && {
      completion_tokens_details: { reasoning_tokens: reasoningTokens },
    }),
  };
}
