import { describe, expect, it } from '@jest/globals';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import OpenAI from 'openai';
import { collect, serveGateway } from '../gateway.test.support.js';

const clientOf = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none needed', maxRetries: 0 });
const hello = [{ role: 'user', content: 'Hello there' }] as const;

describe('The official client of OpenAI', () => {
  it('chats', async () => {
    const model = new FakeLanguageModel({ replies: [{ text: 'Good morning.' }] });
    await using served = await serveGateway({ models: { llm: model } });
    const client = clientOf(served.url);

    const completion = await client.chat.completions.create({ model: 'fake', messages: [...hello] });

    expect(completion).toMatchObject({
      object: 'chat.completion',
      model: 'fake',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'Good morning.' }, finish_reason: 'stop' },
      ],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        prompt_tokens_details: { cached_tokens: 0 },
      },
    });
    expect(completion.id).toMatch(/^chatcmpl-[0-9a-f]{32}$/);
    expect(model.requests).toEqual([{ messages: [{ role: 'user', text: 'Hello there' }] }]);
  });

  it('streams, with usage when it asks for it', async () => {
    const model = new FakeLanguageModel({ replies: [{ text: 'one two three' }] });
    await using served = await serveGateway({ models: { llm: model } });
    const client = clientOf(served.url);

    const stream = await client.chat.completions.create({
      model: 'fake',
      messages: [...hello],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);

    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('one two three');
    expect(chunks.at(-2)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { completion_tokens: 3 },
      tiercel: { queueMs: 0 },
    });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  it('runs its tools', async () => {
    const model = new FakeLanguageModel({
      replies: ({ messages }) =>
        messages.at(-1)?.role === 'tool'
          ? { text: 'It is 12 degrees.' }
          : { toolCalls: [{ name: 'get_weather', args: { city: 'Lima' } }] },
    });
    await using served = await serveGateway({ models: { llm: model } });
    const client = clientOf(served.url);
    const asked: string[] = [];

    const runner = client.chat.completions.runTools({
      model: 'fake',
      stream: true,
      messages: [...hello],
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'Weather of a city',
            parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
            parse: JSON.parse,
            function: ({ city }: { city: string }) => {
              asked.push(city);
              return '12 degrees';
            },
          },
        },
      ],
    });
    const content = await runner.finalContent();

    expect(asked).toEqual(['Lima']);
    expect(content).toBe('It is 12 degrees.');
    expect(model.requests[1]?.messages).toEqual([
      { role: 'user', text: 'Hello there' },
      {
        role: 'assistant',
        text: '',
        toolCalls: [{ id: expect.any(String), name: 'get_weather', args: { city: 'Lima' } }],
      },
      { role: 'tool', toolCallId: expect.any(String), text: '12 degrees' },
    ]);
  });

  it('gets structured output', async () => {
    const model = new FakeLanguageModel();
    await using served = await serveGateway({ models: { llm: model } });
    const client = clientOf(served.url);
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' }, degrees: { type: 'integer' } },
      required: ['city', 'degrees'],
      additionalProperties: false,
    };

    const completion = await client.chat.completions.create({
      model: 'fake',
      messages: [...hello],
      response_format: { type: 'json_schema', json_schema: { name: 'weather', strict: true, schema } },
    });

    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toEqual({
      city: expect.any(String),
      degrees: expect.any(Number),
    });
    expect(model.requests[0]?.responseSchema).toEqual(schema);
  });

  it('lists the models, and finds one', async () => {
    const features = {
      model: 'org/small',
      contextTokens: 512,
      tools: 'none',
      responseSchema: 'native',
    } as const;
    const models = { llm: new FakeLanguageModel({ features: { ...features, reusesPrefix: true } }) };
    await using served = await serveGateway({ models });
    const client = clientOf(served.url);

    const listed = await collect(client.models.list());
    const found = await client.models.retrieve('org/small');

    expect(listed).toEqual([
      {
        id: 'org/small',
        object: 'model',
        created: expect.any(Number),
        owned_by: 'tiercel',
        context_length: 512,
        tiercel: { tools: 'none', responseSchema: 'native', reusesPrefix: true },
      },
    ]);
    expect(found).toEqual(listed[0]);
    await expect(client.models.retrieve('gpt-4o')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      type: 'invalid_request_error',
    });
  });

  it('is told that there are no embeddings, answers of its newer API, images, audio or sessions', async () => {
    await using served = await serveGateway({ models: { llm: new FakeLanguageModel() } });
    const client = clientOf(served.url);
    const missing = { status: 404, type: 'invalid_request_error', code: 'GATEWAY_ROUTE_UNKNOWN' };

    await expect(client.embeddings.create({ model: 'fake', input: 'x' })).rejects.toMatchObject(missing);
    await expect(client.responses.create({ model: 'fake', input: 'x' })).rejects.toMatchObject(missing);
    await expect(client.completions.create({ model: 'fake', prompt: 'x' })).rejects.toMatchObject(missing);
    await expect(client.images.generate({ model: 'fake', prompt: 'x' })).rejects.toMatchObject(missing);
    await expect(
      client.audio.speech.create({ model: 'fake', input: 'x', voice: 'alloy' }),
    ).rejects.toMatchObject(missing);
    await expect(client.get('/session')).rejects.toMatchObject(missing);
  });
});
