import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { ModelRequest } from '@tiercel/capabilities/language-model';
import { TOOLS_CHAT_ML } from './test/chat-templates.js';
import { collect, textOf } from './test/collect.js';
import { type OpenModel, openTinyModel } from './test/open-model.js';
import { ask } from './test/requests.js';

const tools = [
  {
    name: 'lamp_set',
    description: 'Sets the lamp.',
    parameters: { type: 'object', properties: { isOn: { type: 'boolean' } } },
  },
];

describe('tools', () => {
  let opened: OpenModel;

  afterEach(async () => {
    jest.restoreAllMocks();
    await opened.close();
  });

  /** Makes the model write this text. */
  function script(text: string): void {
    const { model, slots } = opened.engine;
    for (const slot of slots) {
      jest.spyOn(slot, 'generate').mockImplementation(async function* () {
        yield* model.tokenize(text);
      });
    }
  }

  function promptOf(request: ModelRequest): string {
    const { model, template } = opened.engine;
    return model.detokenize([...template.prompt(request).tokens], true);
  }

  it('are native where the template knows calls, and calls and results go back in its syntax', async () => {
    opened = await openTinyModel({ tiny: { chatTemplate: TOOLS_CHAT_ML } });

    const prompt = promptOf({
      tools,
      messages: [
        { role: 'user', text: 'Lamp on' },
        { role: 'assistant', text: '', toolCalls: [{ id: '1', name: 'lamp_set', args: { isOn: true } }] },
        { role: 'tool', toolCallId: '1', text: 'It is on.' },
      ],
    });

    expect(opened.provider.features.tools).toBe('native');
    expect(prompt).toContain('"name": "lamp_set", "description": "Sets the lamp."');
    expect(prompt).toContain('<tool_call>\n{"name": "lamp_set", "arguments": {"isOn": true}}\n</tool_call>');
    expect(prompt).toContain('<tool_response>\n"It is on."\n</tool_response>');
  });

  it('are called in the syntax of the template, whatever spaces the model leaves out', async () => {
    opened = await openTinyModel({ tiny: { chatTemplate: TOOLS_CHAT_ML } });
    script('Of course.\n<tool_call>{"name":"lamp_set","arguments":{"isOn":true}}</tool_call>');

    const events = await collect(opened.provider.generate(ask('Lamp on', { tools, maxTokens: 200 })));

    expect(textOf(events).trim()).toBe('Of course.');
    expect(events.filter(({ type }) => type === 'tool-call')).toMatchObject([
      { call: { name: 'lamp_set', args: { isOn: true } } },
    ]);
    expect(events.at(-1)).toMatchObject({ finishReason: 'tool-calls' });
  });

  it('tell the model that its answer is one of them where it must have a form', async () => {
    opened = await openTinyModel({ tiny: { chatTemplate: TOOLS_CHAT_ML } });
    const responseSchema = { type: 'object', properties: { mood: { enum: ['calm', 'rough'] } } };

    expect(promptOf(ask('Hello', { tools, responseSchema }))).toContain('"name": "final-answer"');
    expect(promptOf(ask('Hello', { responseSchema }))).not.toContain('final-answer');
  });

  it('are refused where the template knows none, and not told to the model', async () => {
    opened = await openTinyModel();

    const answer = collect(opened.provider.generate(ask('Lamp on', { tools })));

    expect(opened.provider.features.tools).toBe('none');
    await expect(answer).rejects.toMatchObject({ code: 'LANGUAGE_MODEL_REQUEST_INVALID' });
    expect(promptOf(ask('Lamp on', { tools }))).not.toContain('lamp_set');
  });
});
