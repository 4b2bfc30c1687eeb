import type { ModelMessage, ModelRequest, ModelTool } from '@tiercel/capabilities/language-model';
import type { JsonSchema } from '@tiercel/capabilities/tool-provider';
import { isStrictSchema } from './response-schema.js';

export interface ChatBodyOptions {
  readonly model: string;
  /** Further fields; `null` takes one out. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Fields that make a request what it is: nobody may set them from outside. */
export const OWN_FIELDS = ['model', 'messages', 'stream', 'stream_options', 'tools', 'n'] as const;

/**
 * The body of a chat request. Equal requests give equal bytes, and tools come in the order of their names, so that a
 * server finds the beginning that it has evaluated before.
 */
export function chatBody(request: ModelRequest, { model, fields }: ChatBodyOptions): string {
  const { tools = [], toolChoice = 'auto', responseSchema, maxTokens, topP, seed, stop = [] } = request;
  const body: Record<string, unknown> = {
    model,
    messages: request.messages.map(chatMessage),
    stream: true,
    stream_options: { include_usage: true },
    temperature: request.temperature ?? 0,
    ...(tools.length > 0 && { tools: chatTools(tools), tool_choice: toolChoice }),
    ...(responseSchema && { response_format: responseFormat(responseSchema) }),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(topP !== undefined && { top_p: topP }),
    ...(seed !== undefined && { seed }),
    ...(stop.length > 0 && { stop }),
    ...fields,
  };
  return JSON.stringify(Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)));
}

function chatMessage(message: ModelMessage): Readonly<Record<string, unknown>> {
  switch (message.role) {
    case 'system':
    case 'user':
      return { role: message.role, content: message.text };
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.text };
    case 'assistant': {
      const { text, toolCalls = [] } = message;
      if (toolCalls.length === 0) return { role: 'assistant', content: text };
      const calls = toolCalls.map(({ id, name, args }) => ({
        id,
        type: 'function',
        function: { name, arguments: JSON.stringify(args) },
      }));
      return { role: 'assistant', content: text === '' ? null : text, tool_calls: calls };
    }
    default:
      return message satisfies never;
  }
}

function chatTools(tools: readonly ModelTool[]): readonly unknown[] {
  return [...tools]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    }));
}

function responseFormat(schema: JsonSchema): Readonly<Record<string, unknown>> {
  return { type: 'json_schema', json_schema: { name: 'answer', schema, strict: isStrictSchema(schema) } };
}
