import { describe, expect, it } from '@jest/globals';
import {
  type LanguageModel,
  LanguageModelError,
  type LanguageModelEvent,
  type ModelRequest,
} from '@tiercel/capabilities/language-model';
import { FakeLanguageModel, type FakeReply } from '@tiercel/capabilities/language-model/testing';
import { coreMetrics } from '@tiercel/capabilities/metrics';
import { chatBody, openRaw, postChat, rawRequest, serveGateway, until } from '../gateway.test.support.js';

interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

const errorOf = async (response: Response) => ((await response.json()) as ErrorBody).error;
const rawChat = (fields: Readonly<Record<string, unknown>> = {}) =>
  rawRequest('POST /v1/chat/completions', {}, JSON.stringify(chatBody(fields)));

/** A model that is asked and stays silent until its signal aborts; tells when each happens. */
class SilentModel extends FakeLanguageModel {
  readonly asked = gate();
  readonly aborted = gate<unknown>();
  asks = 0;

  override async *generate(
    _request: ModelRequest,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<LanguageModelEvent, void, void> {
    this.asks++;
    this.asked.open(undefined);
    await new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        this.aborted.open(signal.reason);
        reject(signal.reason);
      });
    });
    yield { type: 'end', finishReason: 'stop' };
  }
}

function gate<T = undefined>() {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const serveReplies = (replies: readonly FakeReply[], config: Readonly<Record<string, unknown>> = {}) =>
  serveGateway({ models: { llm: new FakeLanguageModel({ replies }) }, config });

describe('POST /v1/chat/completions', () => {
  it('streams in the framing of server-sent events', async () => {
    await using served = await serveReplies([{ text: 'Good morning.' }]);
    await using raw = await openRaw(served.port);

    raw.send(rawChat({ stream: true }));
    const text = await raw.until('[DONE]');

    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toMatch(/\r\nContent-Type: text\/event-stream\r\n/i);
    expect(text).toMatch(/\r\nCache-Control: no-store\r\n/i);
    expect(text).toMatch(/\r\nX-Accel-Buffering: no\r\n/i);
    expect(text).not.toMatch(/Content-Encoding/i);
    const events = text.match(/data: .*\n\n/g) ?? [];
    expect(events).toHaveLength(5);
    expect(events[0]).toMatch(
      /^data: \{"id":"chatcmpl-\w+","object":"chat.completion.chunk","created":\d+,"model":"fake","choices":\[\{"index":0,"delta":\{"role":"assistant","content":""\},"logprobs":null,"finish_reason":null\}\]\}\n\n$/,
    );
    expect(events[3]).toContain('"delta":{},"logprobs":null,"finish_reason":"stop"');
    expect(text).not.toContain('"usage"');
  });

  it('streams tool calls complete, and only the first where the client takes one at a time', async () => {
    const toolCalls = [
      { name: 'a', args: { x: 1 } },
      { name: 'b', args: {} },
    ];
    await using served = await serveReplies([{ toolCalls }, { toolCalls }]);

    const all = await (await postChat(served.url, chatBody({ stream: true }))).text();
    const one = await postChat(served.url, chatBody({ parallel_tool_calls: false }));

    expect(all).toContain(
      '"tool_calls":[{"index":0,"id":"call-1","type":"function","function":{"name":"a","arguments":"{\\"x\\":1}"}}]',
    );
    expect(all).toContain('"tool_calls":[{"index":1,"id":"call-2"');
    expect(all).toContain('"finish_reason":"tool_calls"');
    expect(await one.json()).toMatchObject({
      choices: [
        {
          message: { content: null, tool_calls: [{ id: 'call-3', type: 'function' }] },
          finish_reason: 'tool_calls',
        },
      ],
    });
  });

  it.each([
    ['length', 'length'],
    ['filtered', 'content_filter'],
  ] as const)('tells the finish reason %s as %s', async (finishReason, told) => {
    await using served = await serveReplies([{ text: 'x', finishReason }]);

    const response = await postChat(served.url, chatBody());

    expect(await response.json()).toMatchObject({ choices: [{ finish_reason: told }] });
  });

  it('tells times and provider where the model does', async () => {
    class TimedModel extends FakeLanguageModel {
      override async *generate(): AsyncGenerator<LanguageModelEvent, void, void> {
        const timings = { queueMs: 2, prefillMs: 31.4, decodeMs: 90 };
        yield { type: 'text-delta', text: 'x' };
        yield {
          type: 'usage',
          usage: {
            inputTokens: 9,
            cachedTokens: 8,
            outputTokens: 3,
            reasoningTokens: 1,
            isEstimated: false,
            timings,
          },
        };
        yield { type: 'end', finishReason: 'stop', provider: 'llm-local' };
      }
    }
    await using served = await serveGateway({ models: { llm: new TimedModel() } });

    const response = await postChat(served.url, chatBody());

    expect(await response.json()).toMatchObject({
      usage: {
        prompt_tokens: 9,
        completion_tokens: 3,
        total_tokens: 12,
        prompt_tokens_details: { cached_tokens: 8 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
      tiercel: { queueMs: 2, prefillMs: 31, decodeMs: 90, provider: 'llm-local' },
    });
  });

  it('counts the tokens of a prompt', async () => {
    await using served = await serveReplies([]);

    const response = await fetch(`${served.url}/v1/chat/completions/input_tokens`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(chatBody()),
    });

    expect(await response.json()).toEqual({ object: 'response.input_tokens', input_tokens: 3 });
  });

  it('gives the name of the session to the model, as one of this caller', async () => {
    const model = new FakeLanguageModel();
    await using served = await serveGateway({ models: { llm: model } });

    await postChat(served.url, chatBody(), { headers: { 'Tiercel-Session': 'kitchen-1' } });
    const wrong = await postChat(served.url, chatBody(), { headers: { 'Tiercel-Session': 'a b' } });

    expect(model.requests.map(({ conversationId }) => conversationId)).toEqual(['anonymous/kitchen-1']);
    expect(wrong.status).toBe(400);
    expect((await errorOf(wrong)).code).toBe('GATEWAY_REQUEST_INVALID');
  });

  describe('answers a failure before the first byte with its own status', () => {
    const failing = (error: unknown) => serveReplies([{ error }, { error }]);

    it.each<[number, string, string, string | null, unknown]>([
      [
        400,
        'invalid_request_error',
        'context_length_exceeded',
        'messages',
        new LanguageModelError('LANGUAGE_MODEL_CONTEXT_EXCEEDED', { inputTokens: 9, allowedTokens: 4 }),
      ],
      [
        400,
        'invalid_request_error',
        'unsupported_schema',
        'response_format',
        new LanguageModelError('LANGUAGE_MODEL_SCHEMA_UNSUPPORTED', { finding: 'pattern' }),
      ],
      [
        400,
        'invalid_request_error',
        'unsupported_value',
        null,
        new LanguageModelError('LANGUAGE_MODEL_REQUEST_INVALID', { findings: ['x'] }),
      ],
      [
        429,
        'rate_limit_error',
        'LANGUAGE_MODEL_OVERLOADED',
        null,
        new LanguageModelError('LANGUAGE_MODEL_OVERLOADED', { waiting: 1, limit: 1 }),
      ],
      [
        502,
        'server_error',
        'LANGUAGE_MODEL_SCHEMA_VIOLATED',
        null,
        new LanguageModelError('LANGUAGE_MODEL_SCHEMA_VIOLATED', { findings: ['x'] }),
      ],
      [
        504,
        'server_error',
        'LANGUAGE_MODEL_TIMEOUT',
        null,
        new LanguageModelError('LANGUAGE_MODEL_TIMEOUT', { phase: 'first content', waitedMs: 5 }),
      ],
      [
        503,
        'server_error',
        'PROVIDER_LOST',
        null,
        Object.assign(new Error('the child died with secret-words'), {
          code: 'PROVIDER_LOST',
          retryable: true,
        }),
      ],
      [
        503,
        'server_error',
        'GATEWAY_FAILED',
        null,
        Object.assign(new Error('secret-words'), { code: 'SOMEBODY_BUSY', retryable: true }),
      ],
      [500, 'server_error', 'GATEWAY_FAILED', null, new RangeError('secret-words')],
    ])('%i %s %s', async (status, type, code, param, error) => {
      await using served = await failing(error);

      for (const stream of [false, true]) {
        const response = await postChat(served.url, chatBody({ stream }));

        expect(response.status).toBe(status);
        const body = await errorOf(response);
        expect(body).toEqual({ type, code, param, message: expect.any(String) });
        expect(body.message).not.toContain('secret-words');
        expect(response.headers.get('Retry-After') !== null).toBe(status === 429 || status === 503);
      }
      expect(served.log.messages('warn')).toHaveLength(status >= 500 ? 2 : 0);
    });

    it('the id of what the log has, where the error was not made for callers', async () => {
      await using served = await failing(new RangeError('no memory'));

      const response = await postChat(served.url, chatBody(), { headers: { 'X-Request-Id': 'req-7' } });

      expect((await errorOf(response)).message).toContain('req-7');
      expect(served.log.lines).toContainEqual(
        expect.objectContaining({
          message: 'a request failed',
          fields: expect.objectContaining({
            id: 'req-7',
            error: expect.objectContaining({ message: 'no memory' }),
          }),
        }),
      );
    });
  });

  it('refuses what a model cannot do, and what it does not know, before it is asked', async () => {
    const plain = new FakeLanguageModel({
      features: { model: 'plain', tools: 'none', responseSchema: 'none' },
    });
    const small = new FakeLanguageModel({ features: { model: 'small', contextTokens: 2 } });
    await using served = await serveGateway({ models: { plain, small } });
    const tools = [{ type: 'function', function: { name: 'a' } }];
    const ask = async (fields: Readonly<Record<string, unknown>>) => {
      const response = await postChat(served.url, chatBody(fields));
      const { code, param } = await errorOf(response);
      return [response.status, code, param];
    };

    expect(await ask({ model: 'plain', tools })).toEqual([400, 'unsupported_value', 'tools']);
    expect(await ask({ model: 'plain', response_format: { type: 'json_object' } })).toEqual([
      400,
      'unsupported_schema',
      'response_format',
    ]);
    expect(await ask({ model: 'small' })).toEqual([400, 'context_length_exceeded', 'messages']);
    expect(await ask({ model: 'gpt-4o' })).toEqual([404, 'model_not_found', 'model']);
    expect([...plain.requests, ...small.requests]).toEqual([]);
    expect(
      (await postChat(served.url, chatBody({ model: 'plain', tools, tool_choice: 'none' }))).status,
    ).toBe(200);
  });

  it('tells a failure after the first byte as one event, and ends without [DONE]', async () => {
    const error = new LanguageModelError('LANGUAGE_MODEL_TIMEOUT', { phase: 'idle', waitedMs: 5 });
    await using served = await serveReplies([{ text: 'Half of', error }]);

    const text = await (await postChat(served.url, chatBody({ stream: true }))).text();

    const last = text.trimEnd().split('\n\n').at(-1) ?? '';
    expect(text).toContain('"content":"Half "');
    expect(JSON.parse(last.replace('data: ', ''))).toEqual({
      error: {
        message: expect.stringContaining('idle'),
        type: 'server_error',
        param: null,
        code: 'LANGUAGE_MODEL_TIMEOUT',
      },
    });
    expect(text).not.toContain('[DONE]');
  });

  it('counts a stream that stops without an end as a failure', async () => {
    class StoppingModel extends FakeLanguageModel {
      override async *generate(): AsyncGenerator<LanguageModelEvent, void, void> {
        yield { type: 'text-delta', text: 'Half' };
      }
    }
    await using served = await serveGateway({ models: { llm: new StoppingModel() } });

    const response = await postChat(served.url, chatBody());

    expect(response.status).toBe(502);
    expect((await errorOf(response)).code).toBe('GATEWAY_ANSWER_UNFINISHED');
  });

  it('sends headers after a second and a comment for every ten of silence', async () => {
    const goOn = gate();
    const model = new FakeLanguageModel({ replies: [{ text: 'late', until: goOn.opened }] });
    await using served = await serveGateway({ models: { llm: model } });
    await using raw = await openRaw(served.port);
    const pings = () => raw.text.split(': ping\n\n').length - 1;

    raw.send(rawChat({ stream: true }));
    await until(() => model.running === 1);
    expect(raw.text).toBe('');
    await served.clock.advance(1_000);
    await raw.until('text/event-stream');
    expect(pings()).toBe(0);
    await served.clock.advance(10_000);
    await raw.until(': ping\n\n');
    await served.clock.advance(10_000);
    await raw.until(/: ping\n\n.*: ping\n\n/s);
    goOn.open(undefined);
    await raw.until('[DONE]');

    expect(pings()).toBe(2);
    expect(served.clock.pending).toBe(0);
  });

  it('gives up a model that sends nothing for too long', async () => {
    const model = new SilentModel();
    await using served = await serveGateway({ models: { llm: model }, config: { idleTimeoutMs: 500 } });
    const answering = postChat(served.url, chatBody());

    await model.asked.opened;
    await served.clock.advance(500);
    const response = await answering;

    expect(response.status).toBe(504);
    expect((await errorOf(response)).message).toContain('answer');
  });

  describe('gives up the work of a client that leaves', () => {
    it.each([
      ['while the model reads the prompt, streaming', true],
      ['while the model reads the prompt, not streaming', false],
    ])('%s', async (_, stream) => {
      const model = new SilentModel();
      await using served = await serveGateway({ models: { llm: model } });
      const raw = await openRaw(served.port);

      raw.send(rawChat({ stream }));
      await model.asked.opened;
      await raw[Symbol.asyncDispose]();

      expect(await model.aborted.opened).toMatchObject({ code: 'GATEWAY_CLIENT_GONE' });
      expect(served.log.messages('warn')).toEqual([]);
    });

    it('while it waits in the queue, so that the model never hears of it', async () => {
      const model = new SilentModel();
      await using served = await serveGateway({ models: { llm: model }, config: { concurrency: 1 } });
      const depth = () => served.metrics.valueOf(coreMetrics.llmQueueDepth, { provider: 'gateway' });
      const first = await openRaw(served.port);
      const second = await openRaw(served.port);

      first.send(rawChat());
      await model.asked.opened;
      second.send(rawChat());
      await until(() => depth() === 1);
      await second[Symbol.asyncDispose]();
      await until(() => depth() === 0);
      await first[Symbol.asyncDispose]();
      await model.aborted.opened;

      expect(model.asks).toBe(1);
    });

    it('in the middle of the answer', async () => {
      const goOn = gate();
      const model = new FakeLanguageModel({ replies: [{ text: 'one two', until: goOn.opened }] });
      await using served = await serveGateway({ models: { llm: model } });
      const raw = await openRaw(served.port);

      raw.send(rawChat({ stream: true }));
      await raw.until('"content":"one "');
      expect(model.running).toBe(1);
      await raw[Symbol.asyncDispose]();
      await until(() => model.running === 0);

      expect(served.log.messages('warn')).toEqual([]);
      goOn.open(undefined);
    });
  });

  it('refuses what the queue has no room for, with the time to come back', async () => {
    const goOn = gate();
    const model = new FakeLanguageModel({ replies: () => ({ text: 'x', until: goOn.opened }) });
    await using served = await serveGateway({ models: { llm: model }, config: { concurrency: 1, queue: 1 } });

    const answers = [postChat(served.url, chatBody()), postChat(served.url, chatBody())];
    await until(() => served.metrics.valueOf(coreMetrics.llmQueueDepth, { provider: 'gateway' }) === 1);
    const refused = await postChat(served.url, chatBody({ stream: true }));
    goOn.open(undefined);

    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await errorOf(refused)).toMatchObject({
      type: 'rate_limit_error',
      code: 'LANGUAGE_MODEL_OVERLOADED',
    });
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('drops a client that does not read a whole answer for 30 s', async () => {
    class WordyModel extends FakeLanguageModel {
      override async *generate(): AsyncGenerator<LanguageModelEvent, void, void> {
        yield { type: 'text-delta', text: 'x'.repeat(32 * 1024 * 1024) };
        yield { type: 'end', finishReason: 'stop' };
      }
    }
    await using served = await serveGateway({ models: { llm: new WordyModel() } });
    await using raw = await openRaw(served.port);
    const cut = () =>
      served.metrics.valuesOf(coreMetrics.httpRequestSeconds, { group: 'openai', status: 'cut' });
    raw.socket.pause();

    raw.send(rawChat());
    while (cut().length === 0) await served.clock.advance(10_000);

    expect(cut()[0]).toBeGreaterThanOrEqual(30);
  });

  it('drops a client that reads nothing for 30 s, and stops the model', async () => {
    class EndlessModel extends FakeLanguageModel {
      stoppedBy: unknown;
      override async *generate(
        _request: ModelRequest,
        { signal }: { readonly signal?: AbortSignal | undefined } = {},
      ): AsyncGenerator<LanguageModelEvent, void, void> {
        const text = 'x'.repeat(65_536);
        try {
          while (!signal?.aborted) {
            yield { type: 'text-delta', text };
            await new Promise(setImmediate);
          }
        } finally {
          this.stoppedBy = signal?.reason;
        }
      }
    }
    const model = new EndlessModel();
    await using served = await serveGateway({ models: { llm: model } });
    await using raw = await openRaw(served.port);
    raw.socket.pause();

    raw.send(rawChat({ stream: true }));
    // How much fits on the way is up to the system; once that is full, time is all that is needed.
    while (model.stoppedBy === undefined) await served.clock.advance(10_000);
    raw.socket.resume();
    const text = await raw.untilClosed();

    expect(text).not.toContain('[DONE]');
    expect(model.stoppedBy).toMatchObject({ code: 'GATEWAY_CLIENT_SLOW' });
  });
});

it('serves every model of the node under its id, the first where two have the same', async () => {
  const models: Readonly<Record<string, LanguageModel>> = {
    far: new FakeLanguageModel({ features: { model: 'large' }, replies: [{ text: 'far' }] }),
    near: new FakeLanguageModel({ features: { model: 'small' }, replies: [{ text: 'near' }] }),
    spare: new FakeLanguageModel({ features: { model: 'large' }, replies: [{ text: 'spare' }] }),
  };
  await using served = await serveGateway({ models });

  const listed = (await (await fetch(`${served.url}/v1/models/`)).json()) as {
    readonly data: { readonly id: string }[];
  };
  const answers = await Promise.all(
    ['large', 'small'].map(async (model) => await (await postChat(served.url, chatBody({ model }))).json()),
  );

  expect(listed.data.map(({ id }) => id)).toEqual(['large', 'small']);
  expect(answers).toMatchObject([
    { choices: [{ message: { content: 'far' } }] },
    { choices: [{ message: { content: 'near' } }] },
  ]);
});
