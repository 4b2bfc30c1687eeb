/** Who is asked again, how often and when; and that nothing is ever said twice. */
import { describe, expect, it } from '@jest/globals';
import { partialOf } from '@tiercel/capabilities/language-model';
import fc from 'fast-check';
import { answer, delta, done, event, finish, role, text, usage } from './test/chunks.js';
import { collect, HELLO, openTestModel, outcomeOf, textIn } from './test/open-test-model.js';
import { type Script, ScriptedServer } from './test/scripted-server.js';
import type { TestClock } from './test/test-clock.js';

const well: Script = (call) => call.end(answer('Yes.'));

function status(code: number, headers: Readonly<Record<string, string>> = {}): Script {
  return (call) => void call.answer(code, { error: { message: 'quince', type: 'some_error' } }, headers);
}

/** Lets pauses pass as they come, until the work is settled. */
async function settle<T>(work: Promise<T>, clock: TestClock): Promise<T> {
  let isSettled = false;
  const done = work.finally(() => {
    isSettled = true;
  });
  done.catch(() => undefined);
  while (!isSettled) {
    // Calls wait for their timers too; only the short ones are pauses.
    const pauses = clock.waiting.filter((ms) => ms <= 4_000);
    if (pauses.length > 0) await clock.advance(Math.min(...pauses));
    else await new Promise((resolve) => setImmediate(resolve));
  }
  return done;
}

describe('a call that a server refuses for now', () => {
  it.each([408, 409, 425, 429, 500, 502, 503, 504, 529])(
    'is repeated twice after %i, and then fails',
    async (code) => {
      await using server = await ScriptedServer.open(status(code));
      await using test = await openTestModel({ url: server.url });

      const { error } = await settle(outcomeOf(test.model.generate(HELLO)), test.clock);

      expect(server.calls).toHaveLength(3);
      expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_UNREACHABLE', retryable: true });
      expect(String(error)).toContain(`answers ${code}, some_error`);
      expect(String(error)).not.toContain('quince');
    },
  );

  it('is answered by the first repetition that works', async () => {
    await using server = await ScriptedServer.open([status(503), (call) => call.cut(), well]);
    await using test = await openTestModel({ url: server.url });

    const { text: said } = await settle(outcomeOf(test.model.generate(HELLO)), test.clock);

    expect([said, server.calls.length]).toEqual(['Yes.', 3]);
  });

  it('waits at random, up to twice as long each time', async () => {
    await using server = await ScriptedServer.open([status(503), status(503), well]);
    await using test = await openTestModel({ url: server.url }, { random: () => 0.5 });

    const outcome = outcomeOf(test.model.generate(HELLO));
    await test.clock.whenWaiting(250);
    await test.clock.advance(250);
    await test.clock.whenWaiting(500);
    await test.clock.advance(500);

    expect((await outcome).text).toBe('Yes.');
  });

  it.each<[string, Readonly<Record<string, string>>, number]>([
    ['in milliseconds', { 'retry-after-ms': '1250', 'retry-after': '9' }, 1_250],
    ['in seconds', { 'retry-after': '7' }, 7_000],
    ['as a date', { 'retry-after': 'Thu, 01 Jan 2026 00:00:20 GMT' }, 20_000],
  ])('waits as long as the server asks %s', async (_, headers, ms) => {
    await using server = await ScriptedServer.open([status(429, headers), well]);
    await using test = await openTestModel({ url: server.url });

    const outcome = outcomeOf(test.model.generate(HELLO));
    await test.clock.whenWaiting(ms);
    const open = test.facts();
    await test.clock.advance(ms);

    expect((await outcome).text).toBe('Yes.');
    expect(open).toMatchObject({ servers: [{ circuit: { state: 'open', failures: 1 } }] });
    expect(server.calls).toHaveLength(2);
  });

  it('is not kept waiting for a server that asks for too long, and nor is the next', async () => {
    await using server = await ScriptedServer.open(status(429, { 'retry-after': '86400' }));
    await using test = await openTestModel({ url: server.url });

    const first = await outcomeOf(test.model.generate(HELLO));
    const second = await outcomeOf(test.model.generate(HELLO));

    expect(server.calls).toHaveLength(1);
    expect(String(first.error)).toContain('answers 429, some_error and asks to wait 86400000 ms');
    expect(String(second.error)).toContain('passed over: it answers 429');
    expect(test.facts()).toMatchObject({ servers: [{ circuit: { retryInMs: 60_000 } }] });
  });

  it('takes no notice of a wish that makes no sense', async () => {
    await using server = await ScriptedServer.open([status(429, { 'retry-after': 'soon' }), well]);
    await using test = await openTestModel({ url: server.url });

    const { text: said } = await settle(outcomeOf(test.model.generate(HELLO)), test.clock);

    expect(said).toBe('Yes.');
  });

  it('is repeated by few calls of many: five at first, then one of five', async () => {
    let isRefusing = false;
    const once: Script = (call) => {
      if (isRefusing) void call.answer(503, {});
      else call.end(answer('Yes.'));
      isRefusing = false;
    };
    await using server = await ScriptedServer.open(once);
    await using test = await openTestModel({ url: server.url });

    const said: string[] = [];
    for (let call = 0; call < 20; call++) {
      // Every second call goes well at once, so that the circuit stays closed.
      isRefusing = call % 2 === 0;
      said.push((await settle(outcomeOf(test.model.generate(HELLO)), test.clock)).text);
    }

    const refused = said.filter((_, call) => call % 2 === 0).map((answered) => answered !== '');
    expect(refused).toEqual([true, true, true, true, true, true, true, false, true, false]);
    expect(server.calls).toHaveLength(20 + 8);
  });
});

describe('a call that a server refuses for good', () => {
  it.each<[number, object, string]>([
    [
      400,
      { type: 'invalid_request_error', code: 'unsupported_value', param: 'temperature' },
      'LANGUAGE_MODEL_REQUEST_INVALID',
    ],
    [422, { type: 'invalid_request_error' }, 'LANGUAGE_MODEL_REQUEST_INVALID'],
    [413, { type: 'invalid_request_error' }, 'LANGUAGE_MODEL_REQUEST_INVALID'],
    [401, { type: 'authentication_error' }, 'LLM_REMOTE_KEY_REFUSED'],
    [403, { type: 'permission_error' }, 'LLM_REMOTE_KEY_REFUSED'],
    [404, { code: 'model_not_found' }, 'LANGUAGE_MODEL_UNKNOWN'],
    [400, { code: 'unsupported_schema' }, 'LANGUAGE_MODEL_SCHEMA_UNSUPPORTED'],
    [400, { param: 'response_format.json_schema' }, 'LANGUAGE_MODEL_SCHEMA_UNSUPPORTED'],
    [400, { code: 'context_length_exceeded' }, 'LANGUAGE_MODEL_CONTEXT_EXCEEDED'],
  ])('is asked once: %i %j', async (code, fields, expected) => {
    await using server = await ScriptedServer.open(
      (call) => void call.answer(code, { error: { message: 'About quince marmalade.', ...fields } }),
    );
    await using other = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: `${server.url},${other.url}` });

    const { error } = await outcomeOf(test.model.generate(HELLO));

    expect(error).toMatchObject({ code: expected });
    expect(String(error)).not.toContain('quince');
    expect([server.calls.length, other.calls.length]).toEqual([1, 0]);
  });

  it.each<[string, object, { inputTokens: number; allowedTokens: number }]>([
    [
      'llama.cpp',
      {
        error: {
          code: 400,
          type: 'exceed_context_size_error',
          message: 'x',
          n_prompt_tokens: 9001,
          n_ctx: 8192,
        },
      },
      { inputTokens: 9001, allowedTokens: 8192 },
    ],
    [
      'OpenAI',
      {
        error: {
          message:
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9002 tokens.",
          type: 'invalid_request_error',
          code: 'context_length_exceeded',
        },
      },
      { inputTokens: 9002, allowedTokens: 8192 },
    ],
    [
      'vLLM',
      {
        object: 'error',
        message:
          "This model's maximum context length is 4096 tokens. However, you requested 9003 tokens (9003 in the messages, 0 in the completion).",
        type: 'BadRequestError',
        code: 400,
      },
      { inputTokens: 9003, allowedTokens: 4096 },
    ],
    [
      'Tiercel',
      {
        error: {
          message: 'The prompt has 9004 tokens and this model takes 4096. Shorten the conversation.',
          code: 'context_length_exceeded',
        },
      },
      { inputTokens: 9004, allowedTokens: 4096 },
    ],
    [
      'one that does not tell',
      { error: { code: 'context_length_exceeded' } },
      { inputTokens: 10, allowedTokens: 4096 },
    ],
  ])('tells how long the prompt is and may be, in the words of %s', async (_, body, details) => {
    await using server = await ScriptedServer.open((call) => void call.answer(400, body));
    await using test = await openTestModel({ url: server.url });

    const { error } = await outcomeOf(test.model.generate(HELLO));

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_CONTEXT_EXCEEDED', details, retryable: false });
  });

  it('is told of with the codes of the server, and not with what only stands where they should', async () => {
    const error = { type: 'quince marmalade', code: 'unsupported_value', param: 'x'.repeat(100) };
    await using server = await ScriptedServer.open((call) => void call.answer(400, { error }));
    await using test = await openTestModel({ url: server.url });

    const outcome = await outcomeOf(test.model.generate(HELLO));

    expect(outcome.error).toMatchObject({
      details: { findings: [`model server ${server.url} answers 400, unsupported_value`] },
    });
  });

  it('says which key to set, and that another provider may answer meanwhile', async () => {
    await using server = await ScriptedServer.open(status(401));
    await using without = await openTestModel({ url: server.url });
    await using withKey = await openTestModel({ url: server.url, apiKey: 'sk-wrong' });

    const errors = [
      (await outcomeOf(without.model.generate(HELLO))).error,
      (await outcomeOf(withKey.model.generate(HELLO))).error,
    ];

    expect(errors).toMatchObject([
      { code: 'LLM_REMOTE_KEY_REFUSED', retryable: true, details: { isKeySet: false } },
      { code: 'LLM_REMOTE_KEY_REFUSED', retryable: true, details: { isKeySet: true } },
    ]);
    expect(String(errors)).not.toContain('sk-wrong');
  });

  it('names the models that there are when there is none of this name', async () => {
    await using server = await ScriptedServer.open(status(404), {
      models: [{ id: 'alpha' }, { id: 'beta' }],
    });
    await using test = await openTestModel({ url: server.url, model: 'gamma' });

    const { error } = await outcomeOf(test.model.generate(HELLO));

    expect(error).toMatchObject({
      code: 'LANGUAGE_MODEL_UNKNOWN',
      details: { model: 'gamma', known: ['alpha', 'beta'] },
    });
  });

  it('asks for the first model that is listed, and reads the list again when that is gone', async () => {
    const listed = ['alpha'];
    await using server = await ScriptedServer.open([status(404), well], {
      models: (_, response) => response.end(JSON.stringify({ data: listed.map((id) => ({ id })) })),
    });
    await using test = await openTestModel({ url: server.url });
    listed[0] = 'beta';

    await outcomeOf(test.model.generate(HELLO));
    await collect(test.model.generate(HELLO));

    expect(server.calls.map(({ body }) => body['model'])).toEqual(['alpha', 'beta']);
  });
});

describe('a server that sends elsewhere', () => {
  it('is not followed: neither key nor words leave for another host', async () => {
    await using other = await ScriptedServer.open(well);
    await using server = await ScriptedServer.open(
      (call) => void call.answer(307, {}, { location: `${other.url}/v1/chat/completions` }),
    );
    await using test = await openTestModel({ url: server.url, apiKey: 'sk-lighthouse' });

    const { error } = await outcomeOf(test.model.generate(HELLO));

    expect(String(error)).toContain('answers 307, a redirect, which is not followed');
    expect([server.calls.length, other.calls.length, other.lookUps.length]).toEqual([1, 0, 0]);
  });
});

describe('several servers', () => {
  it('are asked in their order, each once, before anybody is asked again', async () => {
    await using first = await ScriptedServer.open([status(503), well]);
    await using second = await ScriptedServer.open(status(503));
    await using third = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: [first, second, third].map(({ url }) => url).join(',') });

    const events = await collect(test.model.generate(HELLO));

    expect(textIn(events)).toBe('Yes.');
    expect([first, second, third].map(({ calls }) => calls.length)).toEqual([1, 1, 1]);
  });

  it('share the repetitions of a call', async () => {
    await using first = await ScriptedServer.open(status(503));
    await using second = await ScriptedServer.open(status(500));
    await using test = await openTestModel({ url: `${first.url},${second.url}` });

    const { error } = await settle(outcomeOf(test.model.generate(HELLO)), test.clock);

    expect(first.calls.length + second.calls.length).toBe(4);
    expect(error).toMatchObject({ details: { attempts: { length: 4 } } });
  });

  it('are not asked once the first word was handed on', async () => {
    await using first = await ScriptedServer.open((call) => call.end(role + text('The ')));
    await using second = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: `${first.url},${second.url}` });

    const { error, text: said } = await outcomeOf(test.model.generate(HELLO));

    expect([said, partialOf(error)?.text, second.calls.length]).toEqual(['The ', 'The ', 0]);
    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_STREAM_TRUNCATED' });
  });

  it('are asked when the first one has only thought aloud, or begun a tool call', async () => {
    const begun = delta({
      tool_calls: [{ index: 0, id: 'a', function: { name: 'lamp_set', arguments: '{"is' } }],
    });
    await using first = await ScriptedServer.open((call) =>
      call.end(role + delta({ reasoning_content: 'Hm' }) + begun),
    );
    await using second = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: `${first.url},${second.url}` });

    const events = await collect(test.model.generate(HELLO));

    expect(events.map(({ type }) => type)).toEqual(['text-delta', 'usage', 'end']);
  });

  it('are passed over one by one while their circuits are open, and tried again by one call', async () => {
    await using first = await ScriptedServer.open([status(500), status(500), status(500), well]);
    await using second = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: `${first.url},${second.url}` });
    for (let call = 0; call < 5; call++) await collect(test.model.generate(HELLO));
    const whileOpen = [first.calls.length, second.calls.length, test.facts()];

    await test.clock.advance(5_000);
    await Promise.all([collect(test.model.generate(HELLO)), collect(test.model.generate(HELLO))]);

    expect(whileOpen).toMatchObject([
      3,
      5,
      { servers: [{ circuit: { state: 'open', failures: 3 } }, { circuit: { state: 'closed' } }] },
    ]);
    expect([first.calls.length, second.calls.length]).toEqual([4, 6]);
    expect(test.facts()).toMatchObject({ servers: [{ circuit: { state: 'closed', failures: 0 } }, {}] });
  });

  it('keep their circuits closed while their headers come and their words do not count: success is the first word', async () => {
    await using server = await ScriptedServer.open((call) => call.end(role));
    await using test = await openTestModel({ url: server.url, retries: 0 });

    for (let call = 0; call < 3; call++) await outcomeOf(test.model.generate(HELLO));

    expect(test.facts()).toMatchObject({ servers: [{ circuit: { state: 'open', failures: 3 } }] });
  });
});

describe('a kept connection', () => {
  it('is used again by the next call', async () => {
    await using server = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: server.url });

    await collect(test.model.generate(HELLO));
    await collect(test.model.generate(HELLO));

    expect(server.calls[1]?.socket).toBe(server.calls[0]?.socket);
  });

  it('that the server gave up in the same moment is no failure: the call goes over a new one', async () => {
    await using server = await ScriptedServer.open([well, (call) => call.cut(), well]);
    await using test = await openTestModel({ url: server.url, retries: 0 });
    await collect(test.model.generate(HELLO));

    const events = await collect(test.model.generate(HELLO));

    expect(textIn(events)).toBe('Yes.');
    expect(server.calls).toHaveLength(3);
    expect(test.facts()).toMatchObject({ servers: [{ circuit: { failures: 0 } }] });
  });
});

describe('an answer that is cut anywhere', () => {
  const words = ['The ', 'lämp ', 'is ', '灯 ', 'lit', '.'];
  const stream = Buffer.from([role, ...words.map(text), finish(), usage, done].join(''));
  const whole = words.join('');

  it('is whole, or an error that tells exactly what was handed on; nothing is said twice', async () => {
    let cutAt = 0;
    let isFirst = true;
    let pieceBytes = 1;
    // The first attempt of each call is cut, all others are whole.
    await using server = await ScriptedServer.open(async (call) => {
      const bytes = isFirst ? stream.subarray(0, cutAt) : stream;
      const isCut = isFirst;
      isFirst = false;
      for (let at = 0; at < bytes.length; at += pieceBytes)
        await call.write(bytes.subarray(at, at + pieceBytes));
      if (isCut) {
        call.begin();
        call.cut();
      } else call.end();
    });
    await using test = await openTestModel({
      url: `${server.url},${server.url.replace('127.0.0.1', 'localhost')}`,
    });

    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: stream.length }),
        fc.integer({ min: 1, max: 200 }),
        async (at, size) => {
          cutAt = at;
          pieceBytes = Math.max(size, 7);
          isFirst = true;

          const outcome = await settle(outcomeOf(test.model.generate(HELLO)), test.clock);

          const { error, text: said, events } = outcome;
          if (error === undefined) {
            expect(said).toBe(whole);
            expect(events.map(({ type }) => type).slice(-2)).toEqual(['usage', 'end']);
          } else {
            expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_STREAM_TRUNCATED' });
            expect(said.length).toBeGreaterThan(0);
            expect(whole.startsWith(said)).toBe(true);
            expect(partialOf(error)?.text).toBe(said);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('in an order that the schema demands is asked for again, as nothing was handed on', async () => {
    const half = role + text('{"isLit":');
    await using server = await ScriptedServer.open([
      (call) => call.end(half),
      (call) => call.end(answer('{"isLit":true}')),
    ]);
    await using test = await openTestModel({ url: server.url });
    const responseSchema = {
      type: 'object',
      properties: { isLit: { type: 'boolean' } },
      required: ['isLit'],
    };

    const { events } = await settle(outcomeOf(test.model.generate({ ...HELLO, responseSchema })), test.clock);

    expect(events[0]).toEqual({ type: 'text-delta', text: '{"isLit":true}' });
    expect(server.calls).toHaveLength(2);
  });
});

describe('an event', () => {
  it('is read the same with CRLF, with a byte in each packet, and without an empty line at the end', async () => {
    const plain = answer('Lämp ', '灯.');
    const forms = [
      plain.replaceAll('\n', '\r\n'),
      plain.replaceAll('\n', '\r'),
      plain.trimEnd(),
      `\uFEFF${plain}`,
    ];
    await using server = await ScriptedServer.open(async (call) => {
      const bytes = Buffer.from(forms[server.calls.length - 1] ?? plain);
      for (const byte of bytes) await call.write(Uint8Array.of(byte));
      call.end();
    });
    await using test = await openTestModel({ url: server.url });

    const said: string[] = [];
    for (const _ of forms) said.push(textIn(await collect(test.model.generate(HELLO))));

    expect(said).toEqual(forms.map(() => 'Lämp 灯.'));
  });

  it('without choices, of another kind, or with nothing in it changes nothing', async () => {
    const odd = [
      event({}),
      event({ choices: [] }),
      event({ choices: [null] }),
      event({ choices: [], error: null }),
      'data: null\n\n',
      'data: []\n\n',
      'data: 7\n\n',
      'event: ping\ndata: {}\n\n',
      'retry: 10\n\n',
      'id: 4\n\n',
    ];
    await using server = await ScriptedServer.open((call) => call.end(odd.join('') + answer('Yes.')));
    await using test = await openTestModel({ url: server.url });

    expect(textIn(await collect(test.model.generate(HELLO)))).toBe('Yes.');
  });
});
