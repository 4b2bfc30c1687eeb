/** What is sent, to whom, and how answers in a form are checked. */
import { describe, expect, it } from '@jest/globals';
import type { ModelRequest } from '@tiercel/capabilities/language-model';
import { answer, delta, done, event, finish, role, text } from './test/chunks.js';
import { collect, HELLO, openTestModel, outcomeOf, textIn } from './test/open-test-model.js';
import { type Script, ScriptedServer } from './test/scripted-server.js';

const well: Script = (call) => call.end(answer('Yes.'));
const TOOL = {
  description: 'Turns the lamp on or off.',
  parameters: {
    type: 'object',
    properties: { isOn: { type: 'boolean' } },
    required: ['isOn'],
    additionalProperties: false,
  },
};
const SCHEMA = {
  type: 'object',
  properties: { isLit: { type: 'boolean' } },
  required: ['isLit'],
  additionalProperties: false,
};

describe('a request', () => {
  it('carries messages, tools and settings as the protocol has them', async () => {
    await using server = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: server.url, model: 'lighthouse-7b' });
    const request: ModelRequest = {
      messages: [
        { role: 'system', text: 'You keep a lighthouse.' },
        { role: 'user', text: 'Light it.' },
        { role: 'assistant', text: '', toolCalls: [{ id: 'a', name: 'lamp_set', args: { isOn: true } }] },
        { role: 'tool', toolCallId: 'a', text: 'done' },
        { role: 'assistant', text: 'It is lit.' },
        { role: 'user', text: 'Thanks.' },
      ],
      tools: [
        { name: 'lamp_set', ...TOOL },
        { name: 'horn_blow', ...TOOL },
      ],
      toolChoice: 'auto',
      maxTokens: 64,
      temperature: 0.7,
      topP: 0.9,
      seed: 7,
      stop: ['\n'],
      conversationId: 'kitchen-42',
    };

    await collect(test.model.generate(request));

    expect(server.calls[0]?.body).toEqual({
      model: 'lighthouse-7b',
      messages: [
        { role: 'system', content: 'You keep a lighthouse.' },
        { role: 'user', content: 'Light it.' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'lamp_set', arguments: '{"isOn":true}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'done' },
        { role: 'assistant', content: 'It is lit.' },
        { role: 'user', content: 'Thanks.' },
      ],
      stream: true,
      stream_options: { include_usage: true },
      tools: [
        { type: 'function', function: { name: 'horn_blow', ...TOOL } },
        { type: 'function', function: { name: 'lamp_set', ...TOOL } },
      ],
      tool_choice: 'auto',
      max_tokens: 64,
      temperature: 0.7,
      top_p: 0.9,
      seed: 7,
      stop: ['\n'],
    });
    expect(JSON.stringify(server.calls[0]?.headers)).not.toContain('kitchen-42');
  });

  it('has the same bytes for the same beginning, in whatever order the tools came', async () => {
    await using server = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: server.url });
    const tools = ['b', 'a', 'c'].map((name) => ({ name, ...TOOL }));

    await collect(test.model.generate({ ...HELLO, tools }));
    await collect(test.model.generate({ ...HELLO, tools: [...tools].reverse() }));

    expect(JSON.stringify(server.calls[1]?.body)).toBe(JSON.stringify(server.calls[0]?.body));
  });

  it('sends the key only as a header, and only to its servers', async () => {
    await using server = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: server.url, apiKey: 'sk-lighthouse' });

    await collect(test.model.generate(HELLO));

    const [call] = server.calls;
    expect([call?.headers.authorization, server.lookUps[0]?.authorization]).toEqual([
      'Bearer sk-lighthouse',
      'Bearer sk-lighthouse',
    ]);
    expect(JSON.stringify([call?.body, test.log.lines, test.facts()])).not.toContain('sk-lighthouse');
  });

  it('sends no authorization without a key', async () => {
    await using server = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: server.url });

    await collect(test.model.generate(HELLO));

    expect(server.calls[0]?.headers).not.toHaveProperty('authorization');
  });

  it('hands on the trace that it belongs to, and nothing that only looks like one', async () => {
    await using server = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: server.url });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

    await collect(test.model.generate(HELLO, { traceparent }));
    await collect(test.model.generate(HELLO, { traceparent: `${traceparent}\r\nx-evil: 1` }));

    expect(server.calls.map(({ headers }) => headers['traceparent'])).toEqual([traceparent, undefined]);
    expect(server.calls[1]?.headers).not.toHaveProperty('x-evil');
  });

  it('carries further fields of the owner, and leaves out what he sets to null', async () => {
    await using server = await ScriptedServer.open(well);
    const fields = { reasoning_effort: 'low', temperature: null };
    await using test = await openTestModel({ url: server.url, fields });

    await collect(test.model.generate(HELLO));

    expect(server.calls[0]?.body).toMatchObject({ reasoning_effort: 'low' });
    expect(server.calls[0]?.body).not.toHaveProperty('temperature');
  });

  it.each<[string, ModelRequest]>([
    ['no messages', { messages: [] }],
    [
      'two tools of one name',
      {
        ...HELLO,
        tools: [
          { name: 'a', ...TOOL },
          { name: 'a', ...TOOL },
        ],
      },
    ],
    ['a tool name with a dot', { ...HELLO, tools: [{ name: 'lamp.set', ...TOOL }] }],
    ['a tool that is required and none', { ...HELLO, toolChoice: 'required' }],
    [
      'a schema and a required tool',
      { ...HELLO, tools: [{ name: 'a', ...TOOL }], toolChoice: 'required', responseSchema: SCHEMA },
    ],
    ['half a token', { ...HELLO, maxTokens: 0.5 }],
    ['a temperature of 3', { ...HELLO, temperature: 3 }],
    ['a top-p of 0', { ...HELLO, topP: 0 }],
    ['a seed of 1.5', { ...HELLO, seed: 1.5 }],
  ])('with %s is not sent', async (_, request) => {
    await using server = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: server.url });

    const { error } = await outcomeOf(test.model.generate(request));

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_REQUEST_INVALID', retryable: false });
    expect(server.calls).toEqual([]);
  });

  it('names no tools to a model that cannot call any', async () => {
    await using server = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: server.url, tools: 'none' });

    const { error } = await outcomeOf(test.model.generate({ ...HELLO, tools: [{ name: 'a', ...TOOL }] }));

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_REQUEST_INVALID' });
  });
});

describe('an answer in a form', () => {
  it.each([
    ['nothing', SCHEMA, true],
    ['which properties are there', { ...SCHEMA, required: [] }, false],
    ['what else is there', { ...SCHEMA, additionalProperties: true }, false],
    ['what is inside', { ...SCHEMA, properties: { isLit: { type: 'object', properties: {} } } }, false],
    ['what is in a list', { type: 'array', items: { anyOf: [{ type: 'object' }] } }, false],
  ])('is asked for by its schema, strictly or not, where it leaves open %s', async (_, schema, strict) => {
    await using server = await ScriptedServer.open((call) => call.end(answer('{"isLit":true}')));
    await using test = await openTestModel({ url: server.url });

    await outcomeOf(test.model.generate({ ...HELLO, responseSchema: schema }));

    expect(server.calls[0]?.body['response_format']).toEqual({
      type: 'json_schema',
      json_schema: { name: 'answer', schema, strict },
    });
  });

  it('is handed on as one piece once it fits, with the cost of both attempts', async () => {
    await using server = await ScriptedServer.open([
      (call) => call.end(answer('{"isLit":', '"maybe"}')),
      (call) => call.end(answer('{"isLit":false}')),
    ]);
    await using test = await openTestModel({ url: server.url });

    const events = await collect(test.model.generate({ ...HELLO, responseSchema: SCHEMA }));

    expect(events).toMatchObject([
      { type: 'text-delta', text: '{"isLit":false}' },
      { type: 'usage', usage: { inputTokens: 18, cachedTokens: 16, outputTokens: 6, isEstimated: false } },
      { type: 'end', finishReason: 'stop' },
    ]);
    expect(server.calls[1]?.body['messages']).toEqual([
      { role: 'user', content: 'Is the lighthouse lit?' },
      { role: 'assistant', content: '{"isLit":"maybe"}' },
      { role: 'user', content: expect.stringContaining('#/properties/isLit/type (type)') },
    ]);
  });

  it('fails, and quotes nothing, when it does not fit after one repair', async () => {
    await using server = await ScriptedServer.open((call) => call.end(answer('About quince marmalade.')));
    await using test = await openTestModel({ url: server.url });

    const { error, events } = await outcomeOf(test.model.generate({ ...HELLO, responseSchema: SCHEMA }));

    expect(events).toEqual([]);
    expect(error).toMatchObject({
      code: 'LANGUAGE_MODEL_SCHEMA_VIOLATED',
      details: { findings: ['it is not JSON'] },
    });
    expect(String(error)).not.toContain('quince');
    expect(server.calls).toHaveLength(2);
  });

  it('may be cut at its length, or refused, without a form', async () => {
    await using server = await ScriptedServer.open([
      (call) => call.end(role + text('{"isLit"') + finish('length') + done),
      (call) => call.end(role + delta({ refusal: 'I cannot.' }) + finish() + done),
    ]);
    await using test = await openTestModel({ url: server.url });
    const request = { ...HELLO, responseSchema: SCHEMA };

    const ends = [
      (await collect(test.model.generate(request))).at(-1),
      (await collect(test.model.generate(request))).at(-1),
    ];

    expect(ends).toMatchObject([{ finishReason: 'length' }, { finishReason: 'filtered' }]);
    expect(server.calls).toHaveLength(2);
  });

  it('may be a tool call instead', async () => {
    const call = { index: 0, id: 'a', function: { name: 'lamp_set', arguments: '{"isOn":true}' } };
    await using server = await ScriptedServer.open((each) =>
      each.end(role + delta({ tool_calls: [call] }) + finish('tool_calls') + done),
    );
    await using test = await openTestModel({ url: server.url });
    const tools = [{ name: 'lamp_set', ...TOOL }];

    const events = await collect(test.model.generate({ ...HELLO, tools, responseSchema: SCHEMA }));

    expect(events.map(({ type }) => type)).toEqual(['tool-call', 'usage', 'end']);
  });

  it('is not asked for with what is no schema, nor of a server that takes none', async () => {
    await using server = await ScriptedServer.open(well);
    await using able = await openTestModel({ url: server.url });
    await using unable = await openTestModel({ url: server.url, responseSchema: 'none' });

    const errors = [
      (await outcomeOf(able.model.generate({ ...HELLO, responseSchema: { type: 'lighthouse' } }))).error,
      (await outcomeOf(unable.model.generate({ ...HELLO, responseSchema: SCHEMA }))).error,
    ];

    expect(errors).toMatchObject([
      { code: 'LANGUAGE_MODEL_SCHEMA_UNSUPPORTED' },
      { code: 'LANGUAGE_MODEL_SCHEMA_UNSUPPORTED' },
    ]);
    expect(server.calls).toEqual([]);
  });
});

describe('tool calls', () => {
  const call = (args: string) =>
    delta({ tool_calls: [{ index: 0, id: 'a', function: { name: 'lamp_set', arguments: args } }] });

  it.each([
    ['tool_calls', 'tool-calls', 1],
    ['function_call', 'tool-calls', 1],
    ['stop', 'tool-calls', 1],
    ['length', 'length', 0],
    ['content_filter', 'filtered', 0],
  ])('are handed on after the finish %s as %s: %i', async (reason, finishReason, count) => {
    await using server = await ScriptedServer.open((each) =>
      each.end(role + call('{}') + finish(reason) + done),
    );
    await using test = await openTestModel({ url: server.url });

    const events = await collect(test.model.generate(HELLO));

    expect(events.filter(({ type }) => type === 'tool-call')).toHaveLength(count);
    expect(events.at(-1)).toMatchObject({ type: 'end', finishReason });
  });

  it('are no more than words where none came', async () => {
    await using server = await ScriptedServer.open((each) =>
      each.end(role + text('Hm.') + finish('tool_calls') + done),
    );
    await using test = await openTestModel({ url: server.url });

    expect((await collect(test.model.generate(HELLO))).at(-1)).toMatchObject({ finishReason: 'stop' });
  });

  it('never run without a finish', async () => {
    await using server = await ScriptedServer.open((each) => each.end(role + call('{"isOn":true}') + done));
    await using test = await openTestModel({ url: server.url, retries: 0 });

    const { events, error } = await outcomeOf(test.model.generate(HELLO));

    expect(events).toEqual([]);
    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_UNREACHABLE' });
  });

  it('with arguments that are no JSON object are marked, for the model to be told', async () => {
    await using server = await ScriptedServer.open((each) =>
      each.end(role + call('{"isOn":') + finish('tool_calls') + done),
    );
    await using test = await openTestModel({ url: server.url });

    expect(await collect(test.model.generate(HELLO))).toMatchObject([
      { type: 'tool-call', call: { id: 'a', name: 'lamp_set', args: {}, isInvalid: true } },
      { type: 'usage' },
      { type: 'end', finishReason: 'tool-calls' },
    ]);
  });

  it('bring no prototype with them', async () => {
    await using server = await ScriptedServer.open((each) =>
      each.end(role + call('{"__proto__":{"isAdmin":true},"constructor":1}') + finish('tool_calls') + done),
    );
    await using test = await openTestModel({ url: server.url });

    const [first] = await collect(test.model.generate(HELLO));

    const args = first?.type === 'tool-call' ? first.call.args : {};
    expect(Object.keys(args)).toEqual(['__proto__', 'constructor']);
    expect(({} as Readonly<Record<string, unknown>>)['isAdmin']).toBeUndefined();
    expect(args['isAdmin']).toBeUndefined();
  });
});

describe('tokens', () => {
  it('are counted by the server where it can', async () => {
    await using server = await ScriptedServer.open(well, { countTokens: () => 4711 });
    await using test = await openTestModel({ url: server.url });

    expect(await test.model.countTokens(HELLO)).toBe(4711);
  });

  it('are estimated where it cannot, and it is asked only once', async () => {
    let asked = 0;
    await using server = await ScriptedServer.open(well, {
      countTokens: () => {
        asked++;
        return Number.NaN;
      },
    });
    await using test = await openTestModel({ url: server.url });

    const counts = [await test.model.countTokens(HELLO), await test.model.countTokens(HELLO)];

    expect([counts, asked]).toEqual([[10, 10], 1]);
  });

  it('are estimated while no server answers', async () => {
    const server = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: server.url });
    await server[Symbol.asyncDispose]();

    expect(await test.model.countTokens(HELLO)).toBe(10);
  });

  it('are the latest that a server tells, where it tells them with each piece', async () => {
    const used = (tokens: number, content: string) =>
      event({
        choices: [{ index: 0, delta: { content }, finish_reason: null }],
        usage: { prompt_tokens: 9, completion_tokens: tokens },
      });
    await using server = await ScriptedServer.open((call) =>
      call.end(used(1, 'One ') + used(2, 'two.') + finish() + done),
    );
    await using test = await openTestModel({ url: server.url });

    const events = await collect(test.model.generate(HELLO));

    expect(events.at(-2)).toMatchObject({ usage: { inputTokens: 9, outputTokens: 2, isEstimated: false } });
  });

  it('are never cached more than there were', async () => {
    const told = { prompt_tokens: 9, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 50 } };
    await using server = await ScriptedServer.open((call) =>
      call.end(role + text('Yes.') + finish() + event({ choices: [], usage: told }) + done),
    );
    await using test = await openTestModel({ url: server.url });

    const events = await collect(test.model.generate(HELLO));

    expect(events.at(-2)).toMatchObject({ usage: { inputTokens: 9, cachedTokens: 9 } });
  });

  it.each([
    ['negative', { prompt_tokens: -1, completion_tokens: 3 }],
    ['words', { prompt_tokens: '9', completion_tokens: 3 }],
    ['nothing', null],
  ])('are estimated where a server tells %s', async (_, told) => {
    await using server = await ScriptedServer.open((call) =>
      call.end(role + text('Yes it is.') + finish() + event({ choices: [], usage: told }) + done),
    );
    await using test = await openTestModel({ url: server.url });

    const events = await collect(test.model.generate(HELLO));

    expect(events.at(-2)).toMatchObject({ usage: { inputTokens: 10, outputTokens: 3, isEstimated: true } });
  });
});

describe('warming up', () => {
  it('asks for one token where the server keeps what it evaluated', async () => {
    await using server = await ScriptedServer.open((call) =>
      call.end(role + text('Y') + finish('length') + done),
    );
    await using test = await openTestModel({ url: server.url, reusesPrefix: 'yes' });

    await test.model.warmUp(HELLO);

    expect(server.calls.map(({ body }) => body['max_tokens'])).toEqual([1]);
  });

  it('costs nothing where nobody knows that', async () => {
    await using server = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: server.url });

    await test.model.warmUp(HELLO);

    expect(server.calls).toEqual([]);
  });
});

describe('figures', () => {
  it('tell tokens, the time to the first word, places and circuits', async () => {
    await using server = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: server.url });

    await collect(test.model.generate(HELLO));

    const { text: exposed } = await test.metrics.expose();
    expect(exposed).toContain('tiercel_llm_tokens_total{kind="prompt",provider="llm-remote"} 9');
    expect(exposed).toContain('tiercel_llm_tokens_total{kind="cached",provider="llm-remote"} 8');
    expect(exposed).toContain('tiercel_llm_tokens_total{kind="completion",provider="llm-remote"} 3');
    expect(exposed).toContain('tiercel_llm_first_text_seconds_count{provider="llm-remote"} 1');
    expect(exposed).toContain('tiercel_llm_slots_busy{provider="llm-remote"} 0');
    expect(exposed).toContain(`tiercel_breaker_state{endpoint="${server.url}"} 0`);
  });

  it('tell of one first word in a call that needed two answers', async () => {
    await using server = await ScriptedServer.open([well, (call) => call.end(answer('{"isLit":true}'))]);
    await using test = await openTestModel({ url: server.url });

    await collect(test.model.generate({ ...HELLO, responseSchema: SCHEMA }));

    const { text: exposed } = await test.metrics.expose();
    expect(exposed).toContain('tiercel_llm_first_text_seconds_count{provider="llm-remote"} 1');
  });

  it('tell how long a place stays taken after an abort', async () => {
    await using server = await ScriptedServer.open((call) => call.write(role + text('One ')));
    await using test = await openTestModel({ url: server.url });
    const controller = new AbortController();
    const answered = test.model.generate(HELLO, { signal: controller.signal });
    await answered.next();

    controller.abort(new Error('interrupted'));
    await answered.next().catch(() => undefined);

    const { text: exposed } = await test.metrics.expose();
    expect(exposed).toContain('tiercel_llm_abort_to_free_seconds_count{provider="llm-remote"} 1');
  });
});

it('keeps what was said out of the log', async () => {
  await using server = await ScriptedServer.open([(call) => call.end(role + text('quince ')), well]);
  await using test = await openTestModel({ url: server.url });

  await outcomeOf(test.model.generate({ messages: [{ role: 'user', text: 'quince marmalade' }] }));

  expect(test.log.messages('warn')).toEqual(['a model server failed']);
  expect(JSON.stringify(test.log.lines)).not.toContain('quince');
  expect(textIn(await collect(test.model.generate(HELLO)))).toBe('Yes.');
});
