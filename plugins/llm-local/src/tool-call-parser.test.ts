import { describe, expect, it } from '@jest/globals';
import { parseToolCalls } from './tool-call-parser.js';

const TAGGED = {
  prefixes: ['\n<tool_call>\n{"name": "', '<tool_call>\n{"name": "'],
  paramsPrefix: '", "arguments": ',
  suffix: '}\n</tool_call>',
};
const PLAIN = { prefixes: ['||call: '], paramsPrefix: '(', suffix: ')' };

function ids(): () => string {
  let last = 0;
  return () => `call-${++last}`;
}

describe('parseToolCalls', () => {
  it('reads a call', () => {
    const text =
      '<tool_call>\n{"name": "lamp_set", "arguments": {"isOn": true, "room": "a } b"}}\n</tool_call>';

    expect(parseToolCalls(text, TAGGED, ids())).toEqual([
      { id: 'call-1', name: 'lamp_set', args: { isOn: true, room: 'a } b' } },
    ]);
  });

  it('reads several calls in their order', () => {
    const text = '||call: lamp_set({"isOn": true})\n||call: clock_read({})';

    expect(parseToolCalls(text, PLAIN, ids())).toEqual([
      { id: 'call-1', name: 'lamp_set', args: { isOn: true } },
      { id: 'call-2', name: 'clock_read', args: {} },
    ]);
  });

  it('marks a call whose arguments are no JSON object', () => {
    const outcomes = [
      '||call: lamp_set([1])',
      '||call: lamp_set({isOn})',
      '||call: lamp_set({"isOn": tr',
      '||call: lamp_set',
    ].map((text) => parseToolCalls(text, PLAIN, ids()));

    for (const calls of outcomes) {
      expect(calls).toEqual([{ id: 'call-1', name: 'lamp_set', args: {}, isInvalid: true }]);
    }
  });

  it('finds no call in prose', () => {
    expect(parseToolCalls('I could call somebody.', PLAIN, ids())).toEqual([]);
  });
});
