import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isTiercelError } from '@tiercel/kernel';
import { collect } from '../contract/collect.js';
import type { JsonSchema } from '../tool-provider/index.js';
import type { LanguageModel, LanguageModelEvent, ModelRequest } from './language-model.js';

export interface OpenLanguageModel {
  readonly provider: LanguageModel;
  close(): Promise<void> | void;
}

export interface LanguageModelContractOptions {
  /** False for a provider that takes prompts too long to make in a test. Default true. */
  readonly canExceedContext?: boolean;
}

const SECRET = 'quince marmalade';
const QUESTION: ModelRequest = {
  messages: [
    { role: 'system', text: 'You are a helpful assistant.' },
    { role: 'user', text: 'Tell me a long story about a lighthouse and the sea.' },
  ],
  maxTokens: 16,
};
const SCHEMA: JsonSchema = {
  type: 'object',
  properties: { isOpen: { type: 'boolean' }, mood: { enum: ['calm', 'rough'] } },
  required: ['isOpen', 'mood'],
  additionalProperties: false,
};
const TOOLS: NonNullable<ModelRequest['tools']> = [
  {
    name: 'lamp_set',
    description: 'Turns the lamp on or off.',
    parameters: {
      type: 'object',
      properties: { isOn: { type: 'boolean' } },
      required: ['isOn'],
      additionalProperties: false,
    },
  },
];

/** The rules that every `LanguageModel` follows. `open` is called once: all cases share the provider, as callers do. */
export function describeLanguageModelContract(
  title: string,
  open: () => Promise<OpenLanguageModel> | OpenLanguageModel,
  { canExceedContext = true }: LanguageModelContractOptions = {},
): void {
  describe(`${title} (LanguageModel contract)`, () => {
    let opened: OpenLanguageModel;
    let model: LanguageModel;

    beforeAll(async () => {
      opened = await open();
      model = opened.provider;
    });

    afterAll(async () => {
      await opened.close();
    });

    it('states its facts', () => {
      const { features } = model;

      expect(features.model).not.toBe('');
      expect(features.contextTokens).toBeGreaterThan(0);
      expect(['native', 'none']).toContain(features.tools);
      expect(['native', 'none']).toContain(features.responseSchema);
    });

    it('yields text, then at most one usage, then exactly one end', async () => {
      const events = await collect(model.generate(QUESTION));

      expect(shapeOf(events)).toMatch(/^(text-delta )*(usage )?end$/);
      expect(textOf(events)).not.toBe('');
    });

    it('serves calls at once, each to its own end', async () => {
      const answers = await Promise.all(Array.from({ length: 5 }, () => collect(model.generate(QUESTION))));

      for (const events of answers) expect(shapeOf(events)).toMatch(/^(text-delta )*(usage )?end$/);
    });

    it('ends with "length" at maxTokens', async () => {
      const events = await collect(model.generate({ ...QUESTION, maxTokens: 1 }));

      expect(events.at(-1)).toMatchObject({ type: 'end', finishReason: 'length' });
      expect(usageOf(events)?.outputTokens ?? 0).toBeLessThanOrEqual(1);
    });

    it('says nothing from a stop text on', async () => {
      const whole = textOf(await collect(model.generate(QUESTION)));
      const stop = [...whole].at(Math.floor([...whole].length / 2)) ?? '';

      const events = await collect(model.generate({ ...QUESTION, stop: [stop] }));

      expect(stop).not.toBe('');
      expect(textOf(events)).not.toContain(stop);
      expect(events.at(-1)).toMatchObject({ type: 'end', finishReason: 'stop' });
    });

    it('rejects with the reason of a signal that is already aborted', async () => {
      const reason = new Error('no longer wanted');

      await expect(collect(model.generate(QUESTION, { signal: AbortSignal.abort(reason) }))).rejects.toBe(
        reason,
      );
      await expect(model.countTokens(QUESTION, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      await expect(model.warmUp(QUESTION, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });

    it('rejects with the reason as soon as the caller aborts, and serves the next call', async () => {
      const reason = new Error('interrupted');
      const controller = new AbortController();
      const answer = model.generate(QUESTION, { signal: controller.signal })[Symbol.asyncIterator]();
      await answer.next();

      controller.abort(reason);

      await expect(answer.next()).rejects.toBe(reason);
      expect(shapeOf(await collect(model.generate(QUESTION)))).toMatch(/end$/);
    });

    it('does not mind an abort after the end', async () => {
      const controller = new AbortController();
      const events = await collect(model.generate(QUESTION, { signal: controller.signal }));

      controller.abort(new Error('too late'));
      controller.abort(new Error('much too late'));

      expect(events.at(-1)?.type).toBe('end');
      expect(shapeOf(await collect(model.generate(QUESTION)))).toMatch(/end$/);
    });

    it('serves the next call after a reader left early', async () => {
      for (let i = 0; i < 8; i++) {
        for await (const event of model.generate(QUESTION)) {
          expect(event.type).toBe('text-delta');
          break;
        }
      }

      expect(shapeOf(await collect(model.generate(QUESTION)))).toMatch(/end$/);
    });

    it('serves the next call after callers aborted and never read on', async () => {
      for (let i = 0; i < 8; i++) {
        const controller = new AbortController();
        await model.generate(QUESTION, { signal: controller.signal })[Symbol.asyncIterator]().next();
        controller.abort(new Error('interrupted'));
      }

      expect(shapeOf(await collect(model.generate(QUESTION)))).toMatch(/end$/);
    });

    it('counts the tokens of a prompt', async () => {
      const short = await model.countTokens(QUESTION);
      const long = await model.countTokens({
        ...QUESTION,
        messages: [...QUESTION.messages.slice(0, 1), { role: 'user', text: 'ship and sail '.repeat(20) }],
      });

      expect(short).toBeGreaterThan(0);
      expect(long).toBeGreaterThan(short);
    });

    it('reuses what it was warmed up with, if it says so', async () => {
      const system = {
        role: 'system',
        text: 'You keep the log of a lighthouse. Answer in one short sentence.',
      } as const;

      await model.warmUp({ messages: [system] });
      const events = await collect(
        model.generate({ messages: [system, { role: 'user', text: 'Who came by today?' }], maxTokens: 4 }),
      );

      const usage = usageOf(events);
      const cachedTokens = usage?.cachedTokens ?? 0;
      if (model.features.reusesPrefix && usage) expect(cachedTokens).toBeGreaterThan(usage.inputTokens / 4);
      else expect(cachedTokens).toBeGreaterThanOrEqual(0);
    });

    (canExceedContext ? it : it.skip)('refuses a prompt that is too long, before any event', async () => {
      const text = `${SECRET} `.repeat(model.features.contextTokens);

      const error = await failureOf(model.generate({ messages: [{ role: 'user', text }] }));

      expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_CONTEXT_EXCEEDED', retryable: false });
      expect(String(error)).not.toContain(SECRET);
    });

    it('refuses a request without messages, or with a system message that is not the first', async () => {
      const misplaced: ModelRequest = {
        messages: [
          { role: 'user', text: SECRET },
          { role: 'system', text: SECRET },
        ],
      };

      const empty = await failureOf(model.generate({ messages: [] }));
      const second = await failureOf(model.generate(misplaced));

      expect([empty, second]).toMatchObject([
        { code: 'LANGUAGE_MODEL_REQUEST_INVALID' },
        { code: 'LANGUAGE_MODEL_REQUEST_INVALID' },
      ]);
      expect(String(second)).not.toContain(SECRET);
    });

    it('calls a tool that it must call, or refuses tools', async () => {
      const request: ModelRequest = { ...QUESTION, tools: TOOLS, toolChoice: 'required', maxTokens: 200 };

      if (model.features.tools === 'none') {
        expect(await failureOf(model.generate(request))).toMatchObject({
          code: 'LANGUAGE_MODEL_REQUEST_INVALID',
        });
        return;
      }
      const events = await collect(model.generate(request));
      const cut = await collect(model.generate({ ...request, maxTokens: 1 }));

      const calls = events.flatMap((event) => (event.type === 'tool-call' ? [event.call] : []));
      expect(calls[0]).toMatchObject({ name: 'lamp_set', args: { isOn: expect.any(Boolean) } });
      expect(calls[0]?.id).not.toBe('');
      expect(events.at(-1)).toMatchObject({ type: 'end', finishReason: 'tool-calls' });
      expect(cut.some(({ type }) => type === 'tool-call')).toBe(false);
      expect(cut.at(-1)).toMatchObject({ type: 'end', finishReason: 'length' });
    });

    it('answers in the form of a response schema, or refuses it', async () => {
      const request: ModelRequest = { ...QUESTION, responseSchema: SCHEMA, maxTokens: 200 };

      if (model.features.responseSchema === 'none') {
        expect(await failureOf(model.generate(request))).toMatchObject({
          code: 'LANGUAGE_MODEL_SCHEMA_UNSUPPORTED',
        });
        return;
      }
      const events = await collect(model.generate(request));

      expect(JSON.parse(textOf(events))).toEqual({
        isOpen: expect.any(Boolean),
        mood: expect.stringMatching(/^(calm|rough)$/),
      });
      expect(events.at(-1)).toMatchObject({ type: 'end', finishReason: 'stop' });
    });

    it('never answers against a schema that it cannot enforce', async () => {
      const responseSchema: JsonSchema = { type: 'string', pattern: '^Z{3}-\\d{9}$' };

      const outcome = await collect(model.generate({ ...QUESTION, responseSchema })).catch(
        (error: unknown) => error,
      );

      if (Array.isArray(outcome)) expect(JSON.parse(textOf(outcome))).toMatch(/^Z{3}-\d{9}$/);
      else expect(outcome).toMatchObject({ code: expect.stringMatching(/^LANGUAGE_MODEL_SCHEMA_/) });
    });
  });
}

/** The typed error that an answer fails with before its first event. */
async function failureOf(events: AsyncIterable<LanguageModelEvent>): Promise<unknown> {
  const seen: LanguageModelEvent[] = [];
  try {
    for await (const event of events) seen.push(event);
  } catch (error) {
    expect(seen).toEqual([]);
    expect(isTiercelError(error)).toBe(true);
    return error;
  }
  throw new Error(`The call answered with ${seen.length} events and was expected to fail.`);
}

function shapeOf(events: readonly LanguageModelEvent[]): string {
  return events.map(({ type }) => type).join(' ');
}

function textOf(events: readonly LanguageModelEvent[]): string {
  return events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
}

function usageOf(events: readonly LanguageModelEvent[]) {
  return events.flatMap((event) => (event.type === 'usage' ? [event.usage] : []))[0];
}
