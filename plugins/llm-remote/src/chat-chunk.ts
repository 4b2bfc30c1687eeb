import type { ModelUsage } from '@tiercel/capabilities/language-model';
import { type JsonObject, listOf, numberOf, objectOf, textOf } from './json.js';

/** A piece of a tool call, as servers send them. */
export interface ToolDelta {
  readonly index?: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly args: string;
}

/** What one event of a chat stream says. */
export interface ChatChunk {
  readonly text: string;
  /** Never spoken. */
  readonly reasoning: string;
  /** The model says that it will not answer; its words are in `text`. */
  readonly isRefusal: boolean;
  readonly toolDeltas: readonly ToolDelta[];
  readonly finishReason: string;
  readonly usage: Omit<ModelUsage, 'isEstimated'> | undefined;
  readonly timings: ModelUsage['timings'];
  /** The prompt is being evaluated. */
  readonly hasPromptProgress: boolean;
}

export function chatChunk(json: unknown): ChatChunk {
  const chunk = objectOf(json);
  // More than one choice was never asked for.
  const choice = objectOf(listOf(chunk['choices'])[0]);
  const delta = objectOf(choice['delta']);
  const refusal = textOf(delta['refusal']);
  return {
    text: textOf(delta['content']) || refusal,
    reasoning: textOf(delta['reasoning_content']) || textOf(delta['reasoning']),
    isRefusal: refusal !== '',
    toolDeltas: listOf(delta['tool_calls']).map((call) => toolDelta(objectOf(call))),
    finishReason: textOf(choice['finish_reason']),
    usage: usageOf(chunk),
    timings: timingsOf(chunk),
    hasPromptProgress: 'prompt_progress' in chunk,
  };
}

function toolDelta(call: JsonObject): ToolDelta {
  const { name, arguments: args } = objectOf(call['function']);
  return {
    index: numberOf(call['index']),
    id: textOf(call['id']),
    name: textOf(name),
    // A few servers send the parsed object.
    args: typeof args === 'object' && args !== null ? JSON.stringify(args) : textOf(args),
  };
}

function usageOf(chunk: JsonObject): ChatChunk['usage'] {
  const usage = objectOf(chunk['usage']);
  const inputTokens = numberOf(usage['prompt_tokens']);
  const outputTokens = numberOf(usage['completion_tokens']);
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const cached =
    numberOf(objectOf(usage['prompt_tokens_details'])['cached_tokens']) ??
    numberOf(objectOf(chunk['timings'])['cache_n']) ??
    0;
  const reasoningTokens = numberOf(objectOf(usage['completion_tokens_details'])['reasoning_tokens']);
  return {
    inputTokens,
    cachedTokens: Math.min(cached, inputTokens),
    outputTokens,
    ...(reasoningTokens !== undefined && { reasoningTokens }),
  };
}

/** Ours, else those of llama.cpp. */
function timingsOf(chunk: JsonObject): ModelUsage['timings'] {
  const ours = objectOf(chunk['tiercel']);
  const theirs = objectOf(chunk['timings']);
  const queueMs = numberOf(ours['queueMs']);
  const prefillMs = numberOf(ours['prefillMs']) ?? numberOf(theirs['prompt_ms']);
  const decodeMs = numberOf(ours['decodeMs']) ?? numberOf(theirs['predicted_ms']);
  if (queueMs === undefined && prefillMs === undefined && decodeMs === undefined) return undefined;
  return {
    ...(queueMs !== undefined && { queueMs }),
    ...(prefillMs !== undefined && { prefillMs }),
    ...(decodeMs !== undefined && { decodeMs }),
  };
}
