import { describe, expect, it } from '@jest/globals';
import { isTiercelError } from '@tiercel/kernel';
import fc from 'fast-check';
import { chatBody } from '../gateway.test.support.js';
import { parseChatRequest } from './chat-request.js';

const tool = (name: string, parameters: object = { type: 'object', properties: {} }) => ({
  type: 'function',
  function: { name, description: 'Does it', parameters },
});

describe('parseChatRequest', () => {
  it('reads what it handles', () => {
    const chat = parseChatRequest(
      chatBody({
        stream: true,
        stream_options: { include_usage: true },
        temperature: 0.5,
        top_p: 0.9,
        max_tokens: 7,
        max_completion_tokens: 9,
        stop: 'END',
        seed: 42,
        parallel_tool_calls: false,
        tools: [tool('get_time')],
        tool_choice: 'required',
      }),
    );

    expect(chat).toEqual({
      model: 'fake',
      isStream: true,
      includesUsage: true,
      isParallel: false,
      request: {
        messages: [{ role: 'user', text: 'Hello there' }],
        temperature: 0.5,
        topP: 0.9,
        maxTokens: 9,
        stop: ['END'],
        seed: 42,
        tools: [{ name: 'get_time', description: 'Does it', parameters: { type: 'object', properties: {} } }],
        toolChoice: 'required',
      },
    });
  });

  it('ignores what it needs not know, and takes null for absent', () => {
    const chat = parseChatRequest(
      chatBody({
        user: 'x',
        metadata: {},
        store: true,
        frequency_penalty: 1,
        presence_penalty: 1,
        pipecat_extensions: {},
        made_up: 1,
        n: null,
        temperature: null,
        tools: null,
        stop: null,
        stream: null,
        logprobs: false,
        top_logprobs: null,
      }),
    );

    expect(chat.request).toEqual({ messages: [{ role: 'user', text: 'Hello there' }] });
    expect(chat.isStream).toBe(false);
  });

  it('joins system and developer messages at the front, and the text parts of a message', () => {
    const { request } = parseChatRequest(
      chatBody({
        messages: [
          { role: 'system', content: 'Be short.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'a' },
              { type: 'text', text: 'b' },
            ],
          },
          { role: 'developer', content: 'Be kind.' },
        ],
      }),
    );

    expect(request.messages).toEqual([
      { role: 'system', text: 'Be short.\n\nBe kind.' },
      { role: 'user', text: 'ab' },
    ]);
  });

  it('reads calls and results of tools, and marks arguments that are no object', () => {
    const { request } = parseChatRequest(
      chatBody({
        messages: [
          {
            role: 'assistant',
            content: null,
            tool_calls: [
              { id: '1', type: 'function', function: { name: 'a', arguments: '{"x":1}' } },
              { id: '2', type: 'function', function: { name: 'b', arguments: '{"x":' } },
              { id: '3', type: 'function', function: { name: 'c', arguments: '[1]' } },
            ],
          },
          { role: 'tool', tool_call_id: '1', content: 'done' },
        ],
      }),
    );

    expect(request.messages).toEqual([
      {
        role: 'assistant',
        text: '',
        toolCalls: [
          { id: '1', name: 'a', args: { x: 1 } },
          { id: '2', name: 'b', args: {}, isInvalid: true },
          { id: '3', name: 'c', args: {}, isInvalid: true },
        ],
      },
      { role: 'tool', toolCallId: '1', text: 'done' },
    ]);
  });

  it('shows the model only the tool that it must call', () => {
    const { request } = parseChatRequest(
      chatBody({
        tools: [tool('a'), tool('b')],
        tool_choice: { type: 'function', function: { name: 'b' } },
      }),
    );

    expect(request.tools?.map(({ name }) => name)).toEqual(['b']);
    expect(request.toolChoice).toBe('required');
  });

  it.each([
    [{ type: 'text' }, undefined],
    [{ type: 'json_object' }, { type: 'object' }],
    [{ type: 'json_schema', json_schema: { name: 'x', schema: { type: 'array' } } }, { type: 'array' }],
  ])('reads the response format %j', (format, schema) => {
    expect(parseChatRequest(chatBody({ response_format: format })).request.responseSchema).toEqual(schema);
  });

  it.each<[string, unknown, string]>([
    ['n', 2, 'n'],
    ['logprobs', true, 'logprobs'],
    ['modalities', ['text', 'audio'], 'modalities'],
    ['response_format', { type: 'grammar' }, 'response_format'],
    [
      'messages',
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }],
      'messages[0].content[0]',
    ],
    ['messages', [{ role: 'user', content: [{ type: 'input_audio' }] }], 'messages[0].content[0]'],
  ])('refuses %s = %j and names it', (name, value, param) => {
    expect(errorOf(chatBody({ [name]: value }))).toMatchObject({
      code: 'GATEWAY_VALUE_UNSUPPORTED',
      details: { param },
    });
  });

  it.each<[string, unknown, string]>([
    ['model', undefined, 'model'],
    ['model', '', 'model'],
    ['model', 7, 'model'],
    ['messages', undefined, 'messages'],
    ['messages', [], 'messages'],
    ['messages', 'hello', 'messages'],
    ['messages', [7], 'messages[0]'],
    ['messages', [{ role: 'wizard', content: 'x' }], 'messages[0].role'],
    ['messages', [{ role: 'user' }], 'messages[0].content'],
    ['messages', [{ role: 'user', content: { text: 'x' } }], 'messages[0].content'],
    ['messages', [{ role: 'user', content: [{ type: 'text' }] }], 'messages[0].content[0]'],
    ['messages', [{ role: 'tool', content: 'x' }], 'messages[0].tool_call_id'],
    ['messages', [{ role: 'assistant', tool_calls: [{ id: 'x' }] }], 'messages[0].tool_calls[0]'],
    ['messages', [{ role: 'assistant', tool_calls: 'x' }], 'messages[0].tool_calls'],
    ['stream', 'yes', 'stream'],
    ['stream_options', 'usage', 'stream_options'],
    ['temperature', 2.1, 'temperature'],
    ['temperature', '1', 'temperature'],
    ['top_p', 0, 'top_p'],
    ['max_tokens', 0, 'max_tokens'],
    ['max_completion_tokens', 1.5, 'max_completion_tokens'],
    ['seed', 'x', 'seed'],
    ['stop', ['a', 'b', 'c', 'd', 'e'], 'stop'],
    ['stop', [''], 'stop'],
    ['tools', 'x', 'tools'],
    ['tools', [{ type: 'custom' }], 'tools[0]'],
    ['tools', [tool('a b')], 'tools[0].function.name'],
    ['tools', [tool('a'), tool('a')], 'tools'],
    ['tools', Array.from({ length: 129 }, (_, index) => tool(`t${index}`)), 'tools'],
    ['tool_choice', 'required', 'tool_choice'],
    ['response_format', 'json', 'response_format'],
    ['response_format', { type: 'json_schema' }, 'response_format.json_schema.schema'],
  ])('finds that %s = %j is wrong', (name, value, param) => {
    expect(errorOf(chatBody({ [name]: value }))).toMatchObject({
      code: 'GATEWAY_REQUEST_INVALID',
      details: { param },
    });
  });

  it('names all that is wrong at once, and nothing of what was written', () => {
    const error = errorOf({ messages: [{ role: 'secret' }], temperature: 'secret' });

    expect(error.message).toContain('model is not');
    expect(error.message).toContain('messages[0].role is not');
    expect(error.message).toContain('temperature is not');
    expect(error.message).not.toContain('secret');
  });

  it('takes no field from a prototype', () => {
    const body = Object.create(chatBody()) as object;

    expect(errorOf(body).code).toBe('GATEWAY_REQUEST_INVALID');
    expect(errorOf(JSON.parse('{"__proto__":{"model":"fake"}}')).code).toBe('GATEWAY_REQUEST_INVALID');
  });

  it('either reads a body or says in its own words why not, whatever it is', () => {
    const names = ['model', 'messages', 'tools', 'stop', 'tool_choice', 'response_format', 'stream_options'];
    const bodies = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom(...names, '__proto__', 'constructor'), fc.jsonValue()),
      fc.record({
        model: fc.constant('fake'),
        messages: fc.array(fc.dictionary(fc.constantFrom('role', 'content', 'tool_calls'), fc.jsonValue())),
      }),
    );

    fc.assert(
      fc.property(bodies, (body) => {
        try {
          return parseChatRequest(body).request.messages.length > 0;
        } catch (error) {
          return (
            isTiercelError(error, 'GATEWAY_REQUEST_INVALID') ||
            isTiercelError(error, 'GATEWAY_VALUE_UNSUPPORTED')
          );
        }
      }),
      { numRuns: 500 },
    );
  });
});

function errorOf(body: unknown): { readonly code: string; readonly message: string } {
  try {
    parseChatRequest(body);
  } catch (error) {
    if (isTiercelError(error)) return error;
    throw error;
  }
  throw new Error('The request was taken.');
}
