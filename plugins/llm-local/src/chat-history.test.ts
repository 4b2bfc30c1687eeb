import { describe, expect, it } from '@jest/globals';
import type { ModelMessage } from '@tiercel/capabilities/language-model';
import { chatFunctions, chatHistory } from './chat-history.js';

const WITH_CALL: readonly ModelMessage[] = [
  { role: 'system', text: 'Be brief.' },
  { role: 'user', text: 'Lamp on.' },
  { role: 'assistant', text: '', toolCalls: [{ id: '1', name: 'lamp_set', args: { isOn: true } }] },
  { role: 'tool', toolCallId: '1', text: '{"ok":true}' },
];

describe('chatHistory', () => {
  it('ends with a model item that waits for the answer', () => {
    expect(chatHistory([{ role: 'user', text: 'Hello' }], { tools: 'none' })).toEqual([
      { type: 'user', text: 'Hello' },
      { type: 'model', response: [] },
    ]);
  });

  it('joins a call with its result', () => {
    expect(chatHistory(WITH_CALL, { tools: 'native' })).toEqual([
      { type: 'system', text: 'Be brief.' },
      { type: 'user', text: 'Lamp on.' },
      {
        type: 'model',
        response: [{ type: 'functionCall', name: 'lamp_set', params: { isOn: true }, result: { ok: true } }],
      },
    ]);
  });

  it('tells results as text to a model that knows no tools', () => {
    expect(chatHistory(WITH_CALL, { tools: 'none' })).toEqual([
      { type: 'system', text: 'Be brief.' },
      { type: 'user', text: 'Lamp on.\n\nTool result: {"ok":true}' },
      { type: 'model', response: [] },
    ]);
  });

  it('joins messages of the same side, which many templates demand', () => {
    const messages: readonly ModelMessage[] = [
      { role: 'user', text: 'One' },
      { role: 'user', text: 'Two' },
      { role: 'assistant', text: 'Three' },
      { role: 'assistant', text: 'Four' },
      { role: 'user', text: 'Five' },
    ];

    expect(chatHistory(messages, { tools: 'none' }).slice(0, 2)).toEqual([
      { type: 'user', text: 'One\n\nTwo' },
      { type: 'model', response: ['Three', 'Four'] },
    ]);
  });
});

describe('chatFunctions', () => {
  it('sorts tools by name', () => {
    const tools = ['b', 'c', 'a'].map((name) => ({
      name,
      description: name,
      parameters: { type: 'object' },
    }));

    expect(Object.keys(chatFunctions({ messages: [], tools }) ?? {})).toEqual(['a', 'b', 'c']);
  });

  it('makes the answer one of the tools where it has a form and competes with them', () => {
    const tools = [{ name: 'lamp_set', description: 'Sets the lamp.', parameters: { type: 'object' } }];
    const responseSchema = { type: 'object', properties: { mood: { enum: ['calm', 'rough'] } } };

    const functions = chatFunctions({ messages: [], tools, responseSchema });

    expect(Object.keys(functions ?? {})).toEqual(['final-answer', 'lamp_set']);
    expect(functions?.['final-answer']?.params).toEqual(responseSchema);
  });

  it('tells nothing of tools that must not be called', () => {
    const tools = [{ name: 'a', description: 'a', parameters: { type: 'object' } }];

    expect(chatFunctions({ messages: [], tools, toolChoice: 'none' })).toBeUndefined();
  });
});
