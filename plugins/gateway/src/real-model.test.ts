import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { boot, type Node } from '@tiercel/kernel';
import { createProcessPlacement } from '@tiercel/placement-process';
import { killProcessOf } from '@tiercel/testkit';
import OpenAI from 'openai';
import { collect } from './gateway.test.support.js';

const MODEL = 'smollm2-135m-instruct';

// Everything as it is shipped: the model in a child process, the assistant and the gateway in the node.
describe('A node that serves the starter model', () => {
  let node: Node;
  let client: OpenAI;

  beforeAll(async () => {
    node = await boot({
      manifest: {
        tier: 'test',
        plugins: {
          'log-winston': { config: { level: 'error' } },
          'clock-system': null,
          'model-store-local': null,
          'metrics-prometheus': null,
          'tool-registry': null,
          'llm-local': { placement: 'process', config: { threads: 1, slots: 2, gpu: 'cpu' } },
          assistant: null,
          gateway: { config: { port: 0, groups: ['openai'], requestsPerMinute: 0 } },
        },
      },
      environment: {},
      placements: [createProcessPlacement({ onOutput: () => undefined })],
    });
    client = new OpenAI({ baseURL: `${urlOf(node)}/v1`, apiKey: 'none needed', maxRetries: 0 });
  });

  afterAll(async () => await node?.[Symbol.asyncDispose]());

  it('lists the model and the assistant', async () => {
    const models = await collect(client.models.list());

    expect(models.map(({ id }) => id)).toEqual([MODEL, 'assistant']);
  });

  it('chats, and reuses what it has read in the turn before', async () => {
    const messages = [
      { role: 'system', content: 'You are a helpful assistant. Answer in one short sentence.' },
      { role: 'user', content: 'What is the capital of France?' },
    ] as const;

    const first = await client.chat.completions.create({
      model: MODEL,
      messages: [...messages],
      max_tokens: 32,
    });
    const reply = first.choices[0]?.message.content ?? '';
    const second = await client.chat.completions.create({
      model: MODEL,
      messages: [
        ...messages,
        { role: 'assistant', content: reply },
        { role: 'user', content: 'And of Italy?' },
      ],
      max_tokens: 8,
    });

    expect(reply).toContain('Paris');
    expect(first.usage?.completion_tokens).toBeGreaterThan(0);
    const { prompt_tokens: promptTokens = 0 } = first.usage ?? {};
    expect(second.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThanOrEqual(0.9 * promptTokens);
  });

  it('streams the same words as it answers whole, where the likeliest is always picked', async () => {
    const request = {
      model: MODEL,
      messages: [{ role: 'user' as const, content: 'Say hello.' }],
      max_tokens: 12,
      temperature: 0,
    };

    const whole = await client.chat.completions.create(request);
    const chunks = await collect(await client.chat.completions.create({ ...request, stream: true }));

    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(
      whole.choices[0]?.message.content,
    );
  });

  it('gives structured output', async () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string', maxLength: 20 }, isCapital: { type: 'boolean' } },
      required: ['city', 'isCapital'],
      additionalProperties: false,
    };

    const completion = await client.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: 'Is Paris the capital of France?' }],
      response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } },
      max_tokens: 64,
    });

    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toEqual({
      city: expect.any(String),
      isCapital: expect.any(Boolean),
    });
  });

  it('refuses a prompt that is too long, tools that the model cannot call, and a schema that it cannot keep', async () => {
    const ask = (fields: object) =>
      client.chat.completions.create({
        model: MODEL,
        messages: [{ role: 'user', content: 'Hello' }],
        ...fields,
      });

    await expect(ask({ messages: [{ role: 'user', content: 'word '.repeat(9_000) }] })).rejects.toMatchObject(
      { status: 400, code: 'context_length_exceeded', param: 'messages' },
    );
    await expect(ask({ tools: [{ type: 'function', function: { name: 'x' } }] })).rejects.toMatchObject({
      status: 400,
      code: 'unsupported_value',
      param: 'tools',
    });
    await expect(
      ask({
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'x', schema: { type: 'string', pattern: '^a+$' } },
        },
      }),
    ).rejects.toMatchObject({ status: 400, code: 'unsupported_schema', param: 'response_format' });
  });

  it('converses by its assistant', async () => {
    const completion = await client.chat.completions.create({
      model: 'assistant',
      messages: [{ role: 'user', content: 'What is the capital of France?' }],
    });

    expect(completion.choices[0]).toMatchObject({
      message: { role: 'assistant', content: expect.stringMatching(/\w/) },
      finish_reason: 'stop',
    });
  });

  it('tells a client whose model was killed, and answers the next one', async () => {
    const ask = { model: MODEL, messages: [{ role: 'user' as const, content: 'Tell me a long story.' }] };
    const stream = await client.chat.completions.create({ ...ask, max_tokens: 500, stream: true });
    const reading = stream[Symbol.asyncIterator]();
    await reading.next();

    const [failure] = await Promise.all([
      readOn(reading),
      killProcessOf(node, 'llm-local', { startTimeoutMs: 60_000 }),
    ]);
    const next = await client.chat.completions.create({ ...ask, max_tokens: 4 });

    expect(failure).toMatchObject({ type: 'server_error', code: 'PROVIDER_LOST' });
    expect(next.choices[0]?.message.content).not.toBe('');
  });

  it('shows what it did in its metrics', async () => {
    const text = await (await fetch(`${urlOf(node)}/metrics`)).text();

    expect(text).toMatch(/^tiercel_http_request_seconds_count\{group="openai",status="200"\} [1-9]/m);
    expect(text).toContain('tiercel_llm_queue_depth{provider="gateway"} 0');
    expect(text).toContain('tiercel_plugin_state{plugin="llm-local",state="ready"} 1');
  });
});

describe('A gateway in a process of its own', () => {
  it('serves the models of its node, and tells how the node is', async () => {
    const port = await findFreePort();
    const url = `http://127.0.0.1:${port}`;
    await using _node = await boot({
      manifest: {
        tier: 'test',
        plugins: {
          'log-winston': { config: { level: 'error' } },
          'clock-system': null,
          'model-store-local': null,
          'tool-registry': null,
          'llm-local': { config: { threads: 1, slots: 1, gpu: 'cpu' } },
          gateway: { placement: 'process', config: { port, groups: ['openai'] } },
        },
      },
      environment: {},
      placements: [createProcessPlacement({ onOutput: () => undefined })],
    });
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none needed', maxRetries: 0 });

    const completion = await client.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: 'Say hello.' }],
      max_tokens: 4,
    });
    const ready = await fetch(`${url}/readyz`);

    expect(completion.choices[0]?.message.content).not.toBe('');
    expect(await ready.json()).toMatchObject({
      status: 'ready',
      plugins: expect.arrayContaining([{ name: 'gateway', state: 'ready' }]),
    });
  });
});

function urlOf(node: Node): string {
  const facts = node.describe().plugins.find(({ plugin }) => plugin === 'gateway')?.facts;
  const [listener] = (facts?.['listeners'] ?? []) as readonly { readonly url: string }[];
  return listener?.url ?? '';
}

/** What a plugin tells about itself stays in its process, so the test says where it listens. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** What a stream fails with. */
async function readOn(reading: AsyncIterator<unknown>): Promise<unknown> {
  try {
    while (!(await reading.next()).done);
  } catch (error) {
    return error;
  }
  return undefined;
}
