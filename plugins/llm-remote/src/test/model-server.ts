import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  LanguageModel,
  LanguageModelEvent,
  ModelMessage,
  ModelRequest,
  ModelTool,
} from '@tiercel/capabilities/language-model';
import { isTiercelError } from '@tiercel/kernel';

interface ChatBody {
  readonly model: string;
  readonly messages: readonly {
    readonly role: ModelMessage['role'];
    readonly content: string | null;
    readonly tool_call_id?: string;
    readonly tool_calls?: readonly { id: string; function: { name: string; arguments: string } }[];
  }[];
  readonly tools?: readonly { readonly function: ModelTool }[];
  readonly tool_choice?: 'auto' | 'none' | 'required';
  readonly response_format?: { readonly json_schema: { readonly schema: Record<string, unknown> } };
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly stop?: readonly string[];
}

export interface ModelServer extends AsyncDisposable {
  readonly url: string;
}

/** Serves a model as an OpenAI-compatible server does, on a port of its own: what stands between is what the plugin speaks. */
export async function openModelServer(
  model: LanguageModel,
  { apiKey = '' }: { readonly apiKey?: string } = {},
): Promise<ModelServer> {
  const server = createServer((request, response) => {
    void serve(model, apiKey, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(
  model: LanguageModel,
  apiKey: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const text = await bodyOf(request);
  if (apiKey !== '' && request.headers.authorization !== `Bearer ${apiKey}`)
    return refuse(response, 401, { type: 'authentication_error', code: 'invalid_api_key' });
  switch (request.url) {
    case '/v1/models': {
      const entry = { id: model.features.model, object: 'model', created: 1, owned_by: 'tiercel' };
      return answer(response, 200, {
        object: 'list',
        data: [{ ...entry, context_length: model.features.contextTokens }],
      });
    }
    case '/v1/chat/completions':
      return chat(model, JSON.parse(text) as ChatBody, response);
    case '/v1/chat/completions/input_tokens': {
      const tokens = await model.countTokens(requestOf(JSON.parse(text) as ChatBody));
      return answer(response, 200, { object: 'response.input_tokens', input_tokens: tokens });
    }
    default:
      return refuse(response, 404, { type: 'invalid_request_error', code: 'not_found' });
  }
}

async function chat(model: LanguageModel, body: ChatBody, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client has left')));
  const write = (fields: object) => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
    const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: body.model };
    response.write(`data: ${JSON.stringify({ ...chunk, ...fields })}\n\n`);
  };
  try {
    for await (const event of model.generate(requestOf(body), { signal: gone.signal }))
      for (const chunk of chunksOf(event)) write(chunk);
    response.end('data: [DONE]\n\n');
  } catch (error) {
    if (response.headersSent) response.end('data: {"error":{"type":"server_error"}}\n\n');
    else refuseWith(response, error);
  }
}

function chunksOf(event: LanguageModelEvent): readonly object[] {
  const choice = (delta: object, finish: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  switch (event.type) {
    case 'text-delta':
      return [choice({ content: event.text })];
    case 'tool-call': {
      const { id, name, args } = event.call;
      const written = JSON.stringify(args);
      // In two pieces, as servers do.
      const begin = { index: 0, id, type: 'function', function: { name, arguments: written.slice(0, 3) } };
      const rest = { index: 0, function: { arguments: written.slice(3) } };
      return [choice({ tool_calls: [begin] }), choice({ tool_calls: [rest] })];
    }
    case 'usage': {
      const { inputTokens, cachedTokens, outputTokens } = event.usage;
      const usage = {
        prompt_tokens: inputTokens,
        completion_tokens: outputTokens,
        total_tokens: inputTokens + outputTokens,
        prompt_tokens_details: { cached_tokens: cachedTokens },
      };
      return [{ choices: [], usage, tiercel: { queueMs: 0, prefillMs: 2, decodeMs: 3, provider: 'fake' } }];
    }
    case 'end':
      return [choice({}, event.finishReason.replace('-', '_').replace('filtered', 'content_filter'))];
  }
}

function requestOf(body: ChatBody): ModelRequest {
  const { max_tokens: maxTokens, temperature, stop, tool_choice: toolChoice } = body;
  const responseSchema = body.response_format?.json_schema.schema;
  return {
    messages: body.messages.map(({ role, content, tool_call_id: toolCallId = '' }) => ({
      role,
      text: content ?? '',
      toolCallId,
    })),
    ...(body.tools && { tools: body.tools.map(({ function: tool }) => tool) }),
    ...(toolChoice && { toolChoice }),
    ...(responseSchema && { responseSchema }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(stop && { stop }),
  };
}

const refusals: Readonly<Record<string, string>> = {
  LANGUAGE_MODEL_CONTEXT_EXCEEDED: 'context_length_exceeded',
  LANGUAGE_MODEL_SCHEMA_UNSUPPORTED: 'unsupported_schema',
  LANGUAGE_MODEL_REQUEST_INVALID: 'unsupported_value',
};

function refuseWith(response: ServerResponse, error: unknown): void {
  const code = isTiercelError(error) ? refusals[error.code] : undefined;
  if (code === undefined) refuse(response, 500, { type: 'server_error' });
  else refuse(response, 400, { type: 'invalid_request_error', code });
}

function refuse(response: ServerResponse, status: number, error: object): void {
  answer(response, status, { error: { message: 'Refused.', param: null, ...error } });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part;
  return text;
}
