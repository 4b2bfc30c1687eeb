/** What each kind of server sends, from its headers to its last byte. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { collect, HELLO, openTestModel, outcomeOf, textIn } from './test/open-test-model.js';
import { ScriptedServer } from './test/scripted-server.js';

function recorded(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/${name}.sse`, import.meta.url));
}

async function play(name: string) {
  await using server = await ScriptedServer.open((call) => call.end(recorded(name)));
  await using test = await openTestModel({ url: server.url, retries: 0 });
  return await outcomeOf(test.model.generate(HELLO));
}

describe('llama-server', () => {
  it('says text, and how long it took', async () => {
    const { text, events } = await play('llama-server-text');

    expect(text).toBe('The lamp is lit.');
    expect(events.slice(-2)).toEqual([
      {
        type: 'usage',
        usage: {
          inputTokens: 248,
          cachedTokens: 236,
          outputTokens: 6,
          isEstimated: false,
          timings: { prefillMs: 30.958, decodeMs: 121.064 },
        },
      },
      { type: 'end', finishReason: 'stop', provider: 'llm-remote' },
    ]);
  });

  it('calls a tool', async () => {
    const { events } = await play('llama-server-tools');

    expect(events).toMatchObject([
      { type: 'tool-call', call: { id: 'zWb2yMhGqXkT1', name: 'lamp_set', args: { isOn: true } } },
      { type: 'usage' },
      { type: 'end', finishReason: 'tool-calls' },
    ]);
  });

  it('fails in the middle', async () => {
    const { text, error } = await play('llama-server-error');

    expect(text).toBe('The');
    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_STREAM_TRUNCATED', partial: { text: 'The' } });
  });

  it('tells its context, and whether its template can call tools, before anything is asked', async () => {
    await using server = await ScriptedServer.open(() => undefined, {
      models: [
        {
          id: 'lighthouse-7b',
          object: 'model',
          owned_by: 'llamacpp',
          meta: { n_ctx_train: 32_768, n_vocab: 32_000 },
        },
      ],
      props: {
        default_generation_settings: { n_ctx: 8192 },
        total_slots: 4,
        chat_template_caps: { supports_tools: false },
      },
    });
    await using test = await openTestModel({ url: server.url });

    expect(test.model.features).toEqual({
      model: 'lighthouse-7b',
      contextTokens: 8192,
      tools: 'none',
      responseSchema: 'native',
      reusesPrefix: true,
    });
  });
});

describe('vLLM', () => {
  it('thinks aloud before it answers, which nobody hears', async () => {
    const { text, events } = await play('vllm-reasoning');

    expect(text).toBe('It is lit.');
    expect(events.at(-2)).toMatchObject({ usage: { inputTokens: 31, cachedTokens: 0, outputTokens: 12 } });
  });

  it('calls two tools, one while it still writes the other', async () => {
    const { events } = await play('vllm-tools');

    expect(events).toMatchObject([
      { call: { id: 'chatcmpl-tool-aa01', name: 'lamp_set', args: { isOn: false } } },
      { call: { id: 'chatcmpl-tool-aa02', name: 'horn_blow', args: { times: 3 } } },
      { type: 'usage' },
      { type: 'end', finishReason: 'tool-calls' },
    ]);
  });

  it('tells its context', async () => {
    await using server = await ScriptedServer.open(() => undefined, {
      models: [{ id: 'acme/lighthouse-8b', object: 'model', owned_by: 'vllm', max_model_len: 16_384 }],
    });
    await using test = await openTestModel({ url: server.url });

    expect(test.model.features).toMatchObject({ contextTokens: 16_384, reusesPrefix: true, tools: 'native' });
  });
});

describe('Ollama', () => {
  it('thinks in another field', async () => {
    const { text, events } = await play('ollama-text');

    expect(text).toBe('Yes, it is.');
    expect(events.at(-1)).toMatchObject({ finishReason: 'stop' });
  });

  it('calls tools in one piece each', async () => {
    const { events } = await play('ollama-tools');

    expect(events).toMatchObject([
      { call: { id: 'call_qm1d8z0r', name: 'lamp_set', args: { isOn: true } } },
      { call: { id: 'call_w6uj2b9k', name: 'clock_read', args: {} } },
      { type: 'usage' },
      { type: 'end', finishReason: 'tool-calls' },
    ]);
  });
});

describe('OpenAI', () => {
  it('says text, and what of the prompt it knew and of the answer it thought', async () => {
    const { text, events } = await play('openai-text');

    expect(text).toBe('Yes, the lamp is lit.');
    expect(events.at(-2)).toEqual({
      type: 'usage',
      usage: {
        inputTokens: 1180,
        cachedTokens: 1024,
        outputTokens: 40,
        reasoningTokens: 32,
        isEstimated: false,
      },
    });
  });

  it('calls tools by index', async () => {
    const { events } = await play('openai-tools');

    expect(events).toMatchObject([
      { call: { id: 'call_7Rk', name: 'lamp_set', args: { isOn: false } } },
      { call: { id: 'call_9Xm', name: 'clock_read', args: {} } },
      { type: 'usage' },
      { type: 'end', finishReason: 'tool-calls' },
    ]);
  });

  it('refuses in its own words, which are said and counted as filtered', async () => {
    const { text, events } = await play('openai-refusal');

    expect(text).toBe('I cannot help with that.');
    expect(events.at(-1)).toMatchObject({ finishReason: 'filtered' });
  });

  it('tells of a filter', async () => {
    const { text, events } = await play('openai-filtered');

    expect([text, events.at(-1)]).toMatchObject(['The', { finishReason: 'filtered' }]);
  });

  it('never hands on a tool call that was cut', async () => {
    const { events } = await play('openai-length');

    expect(events).toMatchObject([{ type: 'usage' }, { type: 'end', finishReason: 'length' }]);
  });
});

it('reads every recorded stream the same, wherever its bytes are parted', async () => {
  const names = ['llama-server-text', 'vllm-tools', 'openai-tools', 'ollama-text', 'openai-length'];
  for (const name of names) {
    const bytes = recorded(name);
    await using server = await ScriptedServer.open([
      (call) => call.end(bytes),
      async (call) => {
        for (let at = 0; at < bytes.length; at += 97) await call.write(bytes.subarray(at, at + 97));
        call.end();
      },
    ]);
    await using test = await openTestModel({ url: server.url });

    const whole = await collect(test.model.generate(HELLO));
    const parted = await collect(test.model.generate(HELLO));

    expect(parted).toEqual(whole);
    expect(textIn(whole) === '').toBe(name.endsWith('tools') || name.endsWith('length'));
  }
});
