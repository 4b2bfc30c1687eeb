/** What the node knows of the servers: while they are away, when they come back, and what they can do. */
import { describe, expect, it } from '@jest/globals';
import { answer, role, text } from './test/chunks.js';
import { collect, HELLO, openTestModel, outcomeOf, type TestModel, textIn } from './test/open-test-model.js';
import { type Script, ScriptedServer } from './test/scripted-server.js';

const well: Script = (call) => call.end(answer('Yes.'));

/** Pauses between looks; no other wait is as long as one of them. */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000];

/** Lets the watch look again and again until the plugin says that it is ready. */
async function untilReady({ clock, health }: TestModel): Promise<void> {
  while (health.at(-1) !== 'ready') {
    const pauseMs = clock.waiting.find((ms) => PAUSES_MS.includes(ms));
    if (pauseMs === undefined) await new Promise((resolve) => setImmediate(resolve));
    else await clock.advance(pauseMs);
  }
}

describe('a server that is away', () => {
  it('degrades the plugin at its start, which is ready by itself when the server comes', async () => {
    const gone = await ScriptedServer.open(well);
    const { port, url } = gone;
    await gone[Symbol.asyncDispose]();
    await using test = await openTestModel({ url });
    const before = [...test.health];

    await using _server = await ScriptedServer.open(well, { port });
    await untilReady(test);

    expect(before).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+: it refuses connections/)]);
    expect(textIn(await collect(test.model.generate(HELLO)))).toBe('Yes.');
  });

  it('degrades the plugin when it goes, in the middle of an answer too', async () => {
    const server = await ScriptedServer.open((call) => call.write(role + text('The ')));
    await using test = await openTestModel({ url: server.url });
    const answered = test.model.generate(HELLO)[Symbol.asyncIterator]();
    await answered.next();

    await server[Symbol.asyncDispose]();
    await answered.next().catch(() => undefined);

    expect(test.health).toEqual([expect.stringContaining('ECONNRESET')]);
  });

  it('is used again as soon as it answers, whatever is left of its pause', async () => {
    const server = await ScriptedServer.open(well);
    const { port, url } = server;
    await using test = await openTestModel({ url, retries: 0 });
    await server[Symbol.asyncDispose]();
    for (let call = 0; call < 3; call++) await outcomeOf(test.model.generate(HELLO));
    const open = test.facts();

    await using _back = await ScriptedServer.open(well, { port });
    await untilReady(test);

    expect(open).toMatchObject({ servers: [{ circuit: { state: 'open', retryInMs: 5_000 } }] });
    expect(textIn(await collect(test.model.generate(HELLO)))).toBe('Yes.');
    expect(test.clock.nowMs()).toBeLessThan(5_000);
  });

  it('costs calls nothing while its circuit is open', async () => {
    const server = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: server.url, retries: 0 });
    await server[Symbol.asyncDispose]();
    for (let call = 0; call < 3; call++) await outcomeOf(test.model.generate(HELLO));

    const { error } = await outcomeOf(test.model.generate(HELLO));

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_UNREACHABLE', retryable: true });
    expect(String(error)).toContain('passed over: it refuses connections');
  });

  it('may come back with another model', async () => {
    const server = await ScriptedServer.open(well, { models: [{ id: 'alpha' }] });
    const { port, url } = server;
    await using test = await openTestModel({ url, retries: 0 });
    await server[Symbol.asyncDispose]();
    await outcomeOf(test.model.generate(HELLO));

    await using back = await ScriptedServer.open(well, { port, models: [{ id: 'beta' }] });
    await untilReady(test);
    await collect(test.model.generate(HELLO));

    expect(back.calls[0]?.body['model']).toBe('beta');
  });
});

describe('a server that lists its models and fails every call', () => {
  it('degrades the plugin all the same, and is tried again after its pause', async () => {
    await using server = await ScriptedServer.open((call) => void call.answer(500, {}));
    await using test = await openTestModel({ url: server.url, retries: 0 });

    for (let call = 0; call < 3; call++) await outcomeOf(test.model.generate(HELLO));
    const degraded = [...test.health];
    server.play(well);
    await untilReady(test);

    expect(degraded.at(-1)).toContain('it answers 500');
    expect(test.clock.nowMs()).toBeGreaterThanOrEqual(5_000);
    expect(textIn(await collect(test.model.generate(HELLO)))).toBe('Yes.');
  });
});

describe('a server that refuses the key', () => {
  it('degrades the plugin, which says what to set', async () => {
    await using server = await ScriptedServer.open(well, {
      models: (_, response) => response.writeHead(401).end('{}'),
    });
    await using test = await openTestModel({ url: server.url });

    const { error } = await outcomeOf(test.model.generate(HELLO));

    expect(test.health).toEqual([expect.stringContaining('Set LLM_API_KEY')]);
    expect(error).toMatchObject({ code: 'LLM_REMOTE_KEY_REFUSED' });
    expect(server.calls).toEqual([]);
  });
});

describe('features', () => {
  it('are modest where no server tells more', async () => {
    await using server = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: server.url });

    expect(test.model.features).toEqual({
      model: 'lighthouse',
      contextTokens: 4096,
      tools: 'native',
      responseSchema: 'native',
      reusesPrefix: false,
    });
  });

  it('of another node of ours are told by it', async () => {
    const tiercel = { tools: 'none', responseSchema: 'none', reusesPrefix: false };
    await using server = await ScriptedServer.open(well, {
      models: [{ id: 'small', owned_by: 'tiercel', context_length: 2048, tiercel }],
    });
    await using test = await openTestModel({ url: server.url });

    expect(test.model.features).toEqual({ model: 'small', contextTokens: 2048, ...tiercel });
  });

  it('are what the owner says, whatever the server tells', async () => {
    await using server = await ScriptedServer.open(well, {
      models: [{ id: 'lighthouse', owned_by: 'vllm', max_model_len: 16_384 }],
    });
    await using test = await openTestModel({
      url: server.url,
      model: 'other',
      contextTokens: 2048,
      tools: 'none',
      responseSchema: 'none',
      reusesPrefix: 'no',
    });

    expect(test.model.features).toEqual({
      model: 'other',
      contextTokens: 2048,
      tools: 'none',
      responseSchema: 'none',
      reusesPrefix: false,
    });
  });

  it('hold for every server: the shortest context counts', async () => {
    await using long = await ScriptedServer.open(well, { models: [{ id: 'a', context_length: 32_768 }] });
    await using short = await ScriptedServer.open(well, { models: [{ id: 'a', context_length: 8192 }] });
    await using test = await openTestModel({ url: `${long.url},${short.url}` });

    expect(test.model.features.contextTokens).toBe(8192);
  });

  it('hold for every server: a prefix is only reused where all reuse it', async () => {
    await using keeper = await ScriptedServer.open(well, { models: [{ id: 'a', owned_by: 'vllm' }] });
    await using other = await ScriptedServer.open(well);
    await using test = await openTestModel({ url: `${keeper.url},${other.url}` });

    expect(test.model.features.reusesPrefix).toBe(false);
  });

  it('are known while every server is away', async () => {
    const gone = await ScriptedServer.open(well);
    const { url } = gone;
    await gone[Symbol.asyncDispose]();
    await using test = await openTestModel({ url });

    expect(test.model.features).toMatchObject({ model: 'remote', contextTokens: 4096 });
  });

  it('do without the further properties of a llama-server that keeps them to itself', async () => {
    await using server = await ScriptedServer.open(well, {
      models: [{ id: 'lighthouse', owned_by: 'llamacpp' }],
    });
    await using test = await openTestModel({ url: server.url });

    expect(test.model.features).toMatchObject({ contextTokens: 4096, tools: 'native', reusesPrefix: true });
  });
});

describe('settings', () => {
  it('need somebody who says where the server is', async () => {
    await expect(openTestModel({})).rejects.toMatchObject({
      code: 'LLM_REMOTE_SERVER_UNSET',
      message: expect.stringContaining('Set LLM_URL'),
    });
  });

  it.each([
    ['an address with credentials', { url: 'http://me:secret@10.0.0.5' }, 'LLM_REMOTE_URL_INVALID'],
    ['an address of a route', { url: 'http://10.0.0.5/v1/chat/completions' }, 'LLM_REMOTE_URL_INVALID'],
    [
      'a key with a line break',
      { url: 'http://10.0.0.5', apiKey: 'sk-secret\r\nx-evil: 1' },
      'LLM_REMOTE_SETTING_INVALID',
    ],
    ['a key of other letters', { url: 'http://10.0.0.5', apiKey: 'sk-sécret' }, 'LLM_REMOTE_SETTING_INVALID'],
    [
      'messages from outside',
      { url: 'http://10.0.0.5', fields: { messages: [] } },
      'LLM_REMOTE_SETTING_INVALID',
    ],
  ])('refuse %s, before anything is opened', async (_, settings, code) => {
    const opening = openTestModel(settings);

    await expect(opening).rejects.toMatchObject({ code });
    await expect(opening).rejects.not.toThrow(/s[eé]cret/);
  });
});
