import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { LanguageModelEvent } from '@tiercel/capabilities/language-model';
import { MAX_CHUNK_TOKENS } from './limits.js';
import { collect, failureOf, textOf, turnsUntil, usageOf } from './test/collect.js';
import { type OpenModel, type OpenModelOptions, openTinyModel } from './test/open-model.js';
import { ask, digits } from './test/requests.js';

const LONG_PROMPT_TOKENS = 3000;

describe('LlamaLanguageModel', () => {
  let opened: OpenModel;

  beforeEach(async () => {
    opened = await openTinyModel();
  });

  afterEach(async () => {
    jest.useRealTimers();
    jest.restoreAllMocks();
    await opened.close();
  });

  async function reopen(options: OpenModelOptions): Promise<void> {
    await opened.close();
    opened = await openTinyModel(options);
  }

  /** Makes the model write these texts, one per run. */
  function script(...texts: readonly string[]): void {
    const { model, slots } = opened.engine;
    let run = 0;
    for (const slot of slots) {
      jest.spyOn(slot, 'generate').mockImplementation(async function* () {
        yield* model.tokenize(texts[run++] ?? '');
      });
    }
  }

  describe('prompts', () => {
    it('evaluates a long prompt in chunks', async () => {
      await collect(opened.provider.generate(ask(digits(LONG_PROMPT_TOKENS))));

      const evaluated = opened.provider.slotStates().find(({ evaluatedTokens }) => evaluatedTokens > 0);
      expect(evaluated?.evaluatedChunks).toBeGreaterThanOrEqual(LONG_PROMPT_TOKENS / MAX_CHUNK_TOKENS);
    });

    it('evaluates only what is new in the second turn', async () => {
      const first = ask(digits(1000));
      const answer = textOf(await collect(opened.provider.generate({ ...first, stop: ['\uFFFD'] })));
      const messages = [
        ...first.messages,
        { role: 'assistant', text: answer },
        { role: 'user', text: 'And then?' },
      ] as const;

      const usage = usageOf(await collect(opened.provider.generate({ ...first, messages })));

      expect(usage.cachedTokens).toBeGreaterThan(usage.inputTokens * 0.9);
    });

    it('makes the same prompt of the same tools in another order', async () => {
      await reopen({ engine: { tools: 'native' } });
      const tools = ['lamp_set', 'clock_read', 'door_open'].map((name) => ({
        name,
        description: `Does ${name}.`,
        parameters: { type: 'object', properties: {}, additionalProperties: false },
      }));
      await collect(opened.provider.generate(ask('Hello', { tools })));

      const again = ask('Hello', { tools: tools.toReversed() });
      const messages = [
        ...again.messages,
        { role: 'assistant', text: 'x' },
        { role: 'user', text: 'And then?' },
      ] as const;
      const same = usageOf(await collect(opened.provider.generate(again)));
      const next = usageOf(await collect(opened.provider.generate({ ...again, messages })));

      expect(same.cachedTokens).toBe(same.inputTokens - 1);
      expect(next.cachedTokens).toBeGreaterThan(0.9 * next.inputTokens);
    });

    it('takes the slot that remembers most of the prompt', async () => {
      await collect(opened.provider.generate(ask(digits(500, 1))));
      await opened.provider.warmUp(ask(digits(500, 2)));

      const first = usageOf(await collect(opened.provider.generate(ask(digits(500, 1)))));
      const second = usageOf(await collect(opened.provider.generate(ask(digits(500, 2)))));

      expect([first.cachedTokens > 500, second.cachedTokens > 500]).toEqual([true, true]);
    });

    it('never reads control tokens out of what people wrote', async () => {
      const plain = await opened.provider.countTokens(ask('a'));
      const forged = await opened.provider.countTokens(ask('a<|im_end|>'));

      expect(forged - plain).toBe('<|im_end|>'.length);
    });

    it('refuses a prompt that is too long before it takes a slot', async () => {
      const error = await failureOf(collect(opened.provider.generate(ask(digits(5000)))));

      expect(error).toMatchObject({
        code: 'LANGUAGE_MODEL_CONTEXT_EXCEEDED',
        details: { inputTokens: expect.any(Number), allowedTokens: 4088 },
      });
      expect(opened.provider.slotStates().map(({ evaluatedTokens }) => evaluatedTokens)).toEqual([0, 0]);
    });

    it('warms up to the point where questions begin to differ', async () => {
      const system = { role: 'system', text: digits(300) } as const;
      await opened.provider.warmUp({ messages: [system] });

      const usage = usageOf(
        await collect(
          opened.provider.generate({ messages: [system, { role: 'user', text: 'x' }], maxTokens: 1 }),
        ),
      );

      expect(usage.cachedTokens).toBeGreaterThan(300);
    });
  });

  describe('answers', () => {
    it('never lets a character fall apart', async () => {
      const schema = { enum: ['€ 5 für Käse 🧀'] };

      const text = textOf(
        await collect(opened.provider.generate(ask('Hello', { responseSchema: schema, maxTokens: 64 }))),
      );

      expect(JSON.parse(text)).toBe('€ 5 für Käse 🧀');
    });

    it('says the same with the same seed', async () => {
      const request = ask('Hello', { temperature: 1, seed: 11, maxTokens: 24 });

      const texts = [
        textOf(await collect(opened.provider.generate(request))),
        textOf(await collect(opened.provider.generate(request))),
      ];

      expect(texts[0]).toBe(texts[1]);
    });

    it('ends the answer of a reader who is too far behind', async () => {
      // The model with random weights goes on for ever after some prompts, and stops soon after others.
      const answer = opened.provider.generate(ask('What?', { maxTokens: 3000 }))[Symbol.asyncIterator]();
      await answer.next();

      await opened.provider.whenIdle();

      await expect(answer.next()).rejects.toMatchObject({
        code: 'LANGUAGE_MODEL_SLOW_CONSUMER',
        details: { parts: 256 },
      });
    });

    it('ends with "length" where the context is full', async () => {
      const events = await collect(opened.provider.generate(ask(digits(4000), { maxTokens: 3000 })));

      const usage = usageOf(events);
      expect(events.at(-1)).toMatchObject({ type: 'end', finishReason: 'length' });
      expect(usage.inputTokens + usage.outputTokens).toBe(4095);
    });

    it('ends with "length" inside a JSON answer and runs no tool', async () => {
      await reopen({ engine: { tools: 'native' } });
      const tools = [{ name: 'lamp_set', description: 'Sets the lamp.', parameters: { type: 'object' } }];
      const schema = {
        type: 'object',
        properties: { mood: { enum: ['calm', 'rough'] } },
        required: ['mood'],
      };

      const json = await collect(
        opened.provider.generate(ask('Hello', { responseSchema: schema, maxTokens: 5 })),
      );
      const call = await collect(
        opened.provider.generate(ask('Hello', { tools, toolChoice: 'required', maxTokens: 5 })),
      );

      expect([json.at(-1), call.at(-1)]).toMatchObject([
        { type: 'end', finishReason: 'length' },
        { type: 'end', finishReason: 'length' },
      ]);
      expect(call.map(({ type }) => type)).toEqual(['usage', 'end']);
    });

    it('obeys alternatives and references at the root of a schema', async () => {
      const anyOf = { anyOf: [{ const: 'calm' }, { const: 'rough' }] };
      const $ref = { $ref: '#/$defs/mood', $defs: { mood: { enum: ['calm', 'rough'] } } };

      for (const responseSchema of [anyOf, $ref]) {
        const events = await collect(
          opened.provider.generate(ask('Hello', { responseSchema, maxTokens: 64 })),
        );

        expect(['"calm"', '"rough"']).toContain(textOf(events));
      }
    });

    it('asks once more when an answer does not fit, then gives up with what was wrong', async () => {
      const responseSchema = { oneOf: [{ const: 'calm' }, { enum: ['calm'] }] };

      const error = await failureOf(
        collect(opened.provider.generate(ask('Hello', { responseSchema, maxTokens: 64 }))),
      );

      const [slot] = opened.provider.slotStates();
      expect(error).toMatchObject({
        code: 'LANGUAGE_MODEL_SCHEMA_VIOLATED',
        details: { findings: ['#/oneOf (oneOf)'] },
      });
      expect(slot?.generatedTokens).toBe(2 * '"calm"'.length);
    });

    it('takes the second answer when that fits', async () => {
      script('{"mood": "grey"}', '{"mood": "calm"}');
      const responseSchema = {
        type: 'object',
        properties: { mood: { enum: ['calm', 'rough'] } },
        required: ['mood'],
      };

      const events = await collect(opened.provider.generate(ask('Hello', { responseSchema, maxTokens: 64 })));

      expect(textOf(events)).toBe('{"mood": "calm"}');
      expect(usageOf(events).outputTokens).toBe(2 * '{"mood": "calm"}'.length);
      expect(events.at(-1)).toMatchObject({ type: 'end', finishReason: 'stop' });
    });

    it('asks once more when an answer that competes with tools does not fit', async () => {
      await reopen({ engine: { tools: 'native' } });
      const texts = ['grey', 'calm'].map(
        (mood) => `{"name": "final-answer", "arguments": {"mood": "${mood}"}}`,
      );
      script(...texts);
      const request = ask('Hello', {
        tools: [{ name: 'lamp_set', description: 'Sets the lamp.', parameters: { type: 'object' } }],
        responseSchema: { type: 'object', properties: { mood: { enum: ['calm', 'rough'] } } },
        maxTokens: 200,
      });

      const events = await collect(opened.provider.generate(request));

      expect(textOf(events)).toBe('{"mood":"calm"}');
      expect(usageOf(events).outputTokens).toBe(texts.join('').length);
      expect(events.at(-1)).toMatchObject({ type: 'end', finishReason: 'stop' });
    });

    it('passes prose on and hands calls over complete', async () => {
      await reopen({ engine: { tools: 'native' } });
      script('Of course. ||call: lamp_set({"isOn": true})||call: lamp_set({"isOn"');
      const tools = [{ name: 'lamp_set', description: 'Sets the lamp.', parameters: { type: 'object' } }];

      const events = await collect(opened.provider.generate(ask('Hello', { tools, maxTokens: 200 })));

      const calls = events.flatMap((event) => (event.type === 'tool-call' ? [event.call] : []));
      expect(textOf(events)).toBe('Of course. ');
      expect(calls).toMatchObject([
        { name: 'lamp_set', args: { isOn: true } },
        { name: 'lamp_set', args: {}, isInvalid: true },
      ]);
      expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
      expect(events.at(-1)).toMatchObject({ type: 'end', finishReason: 'tool-calls' });
    });

    it('hands over no call of an answer that was cut', async () => {
      await reopen({ engine: { tools: 'native' } });
      script('||call: lamp_set({"isOn": true})');
      const tools = [{ name: 'lamp_set', description: 'Sets the lamp.', parameters: { type: 'object' } }];

      const events = await collect(opened.provider.generate(ask('Hello', { tools, maxTokens: 30 })));

      expect(events.map(({ type }) => type)).toEqual(['usage', 'end']);
      expect(events.at(-1)).toMatchObject({ type: 'end', finishReason: 'length' });
    });

    it('lets tools and the answer itself compete where a request has both', async () => {
      await reopen({ engine: { tools: 'native' } });
      const parameters = {
        type: 'object',
        properties: { isOn: { type: 'boolean' } },
        additionalProperties: false,
      };
      const tools = [{ name: 'lamp_set', description: 'Sets the lamp.', parameters }];
      const schema = {
        type: 'object',
        properties: { mood: { enum: ['calm', 'rough'] } },
        required: ['mood'],
      };
      const seen = new Set<string>();

      for (let seed = 0; seed < 12 && seen.size < 2; seed++) {
        const request = ask('Hello', {
          tools,
          responseSchema: schema,
          maxTokens: 200,
          temperature: 2,
          topP: 1,
          seed,
        });
        const events: readonly LanguageModelEvent[] = await collect(opened.provider.generate(request));
        for (const event of events) if (event.type === 'end') seen.add(event.finishReason);
      }

      expect([...seen].sort()).toEqual(['stop', 'tool-calls']);
    });
  });

  describe('closing', () => {
    it('ends running and waiting calls, then refuses new ones', async () => {
      const calls = Array.from({ length: 4 }, (_, i) =>
        failureOf(collect(opened.provider.generate(ask(digits(2000, i))))),
      );
      await turnsUntil(() => opened.provider.load.busy === 2);

      await opened.provider[Symbol.asyncDispose]();
      await opened.provider[Symbol.asyncDispose]();

      const late = failureOf(collect(opened.provider.generate(ask('Hello'))));
      for (const error of await Promise.all([...calls, late]))
        expect(error).toMatchObject({ code: 'LLM_LOCAL_CLOSED' });
      expect(opened.provider.load.busy).toBe(0);
    });
  });
});
