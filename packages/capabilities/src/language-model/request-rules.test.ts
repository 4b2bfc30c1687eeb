import { describe, expect, it } from '@jest/globals';
import { isTiercelError } from '@tiercel/kernel';
import type { ModelRequest } from './language-model.js';
import { checkModelRequest } from './request-rules.js';

const HELLO: ModelRequest = { messages: [{ role: 'user', text: 'Hello' }] };
const tool = (name: string) => ({ name, description: 'Any', parameters: { type: 'object' } });

function findingsOf(request: ModelRequest, tools: 'native' | 'none' = 'native', own?: readonly string[]) {
  try {
    checkModelRequest(request, { tools }, own);
    return [];
  } catch (error) {
    if (isTiercelError(error, 'LANGUAGE_MODEL_REQUEST_INVALID')) return error.details['findings'];
    throw error;
  }
}

describe('checkModelRequest', () => {
  it('lets through what is right, up to its bounds', () => {
    const system: ModelRequest['messages'] = [{ role: 'system', text: '' }, ...HELLO.messages];
    const tools = [tool('a'), tool(`b${'_'.repeat(63)}`)];

    expect(findingsOf(HELLO)).toEqual([]);
    expect(findingsOf({ messages: system, tools, toolChoice: 'required', maxTokens: 1 })).toEqual([]);
    expect(findingsOf({ ...HELLO, temperature: 0, topP: 1, seed: -1, responseSchema: {} })).toEqual([]);
    expect(findingsOf({ ...HELLO, temperature: 2 })).toEqual([]);
  });

  it('lets tools that must not be called through to a model that cannot call any', () => {
    expect(findingsOf({ ...HELLO, tools: [tool('a')], toolChoice: 'none' }, 'none')).toEqual([]);
    expect(findingsOf({ ...HELLO, tools: [tool('a')] }, 'none')).toEqual([
      'tools are given and this model cannot call any',
    ]);
  });

  it.each<[string, ModelRequest, string]>([
    ['no messages', { messages: [] }, 'messages is empty'],
    [
      'a late system message',
      { messages: [...HELLO.messages, { role: 'system', text: '' }] },
      'messages[1] is a system message and not the first',
    ],
    [
      'a required tool and none',
      { ...HELLO, toolChoice: 'required' },
      'toolChoice is "required" and tools is empty',
    ],
    [
      'a schema and a required tool',
      { ...HELLO, tools: [tool('a')], toolChoice: 'required', responseSchema: {} },
      'responseSchema and toolChoice "required" contradict each other',
    ],
    [
      'a tool name with a dot',
      { ...HELLO, tools: [tool('lamp.set')] },
      'a tool name is not lower case letters, digits and underscores',
    ],
    [
      'a tool name of 65 characters',
      { ...HELLO, tools: [tool('x'.repeat(65))] },
      'a tool name is not lower case letters, digits and underscores',
    ],
    ['two tools of one name', { ...HELLO, tools: [tool('a'), tool('a')] }, 'two tools have the same name'],
    ['half a token', { ...HELLO, maxTokens: 0.5 }, 'maxTokens is not a whole number above 0'],
    ['no tokens', { ...HELLO, maxTokens: 0 }, 'maxTokens is not a whole number above 0'],
    ['a temperature above 2', { ...HELLO, temperature: 2.1 }, 'temperature is not in 0 … 2'],
    ['a temperature that is no number', { ...HELLO, temperature: Number.NaN }, 'temperature is not in 0 … 2'],
    ['a top-p of 0', { ...HELLO, topP: 0 }, 'topP is not in 0 … 1'],
    ['half a seed', { ...HELLO, seed: 0.5 }, 'seed is not a whole number'],
  ])('refuses %s', (_, request, finding) => {
    expect(findingsOf(request)).toEqual([finding]);
  });

  it('tells everything at once, with what this model refuses itself, and quotes nothing', () => {
    const request: ModelRequest = {
      // What comes over a wire may be anything.
      messages: JSON.parse('[{ "role": "user", "text": ["my secret"] }]'),
      tools: [tool('My Secret')],
      seed: 0.5,
    };

    expect(findingsOf(request, 'none', ['it is too late'])).toEqual([
      'messages[0].text is not a text',
      'tools are given and this model cannot call any',
      'a tool name is not lower case letters, digits and underscores',
      'seed is not a whole number',
      'it is too late',
    ]);
  });
});
