import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { callMarks, parseToolCalls } from './tool-call-parser.js';

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

  it('reads a call whatever spaces its object has, and with arguments under another name or in a text', () => {
    const texts = [
      '<tool_call>{"name":"lamp_set","arguments":{"isOn":true}}</tool_call>',
      '<tool_call>\n{\n  "arguments": {"isOn": true},\n  "name": "lamp_set"\n}\n</tool_call>',
      '<tool_call>\n{"name": "lamp_set", "parameters": {"isOn": true}}',
      '<tool_call>\n{"name": "lamp_set", "arguments": "{\\"isOn\\": true}"}',
    ];

    for (const text of texts) {
      expect(parseToolCalls(text, TAGGED, ids())).toEqual([
        { id: 'call-1', name: 'lamp_set', args: { isOn: true } },
      ]);
    }
  });

  it('reads a call whose mark is the beginning of its object', () => {
    const bare = { prefixes: ['{"name": "'], paramsPrefix: '", "parameters": ', suffix: '}' };
    const text =
      '{"name": "lamp_set", "parameters": {"isOn": true}}; {"name": "clock_read", "parameters": {}}';

    expect(parseToolCalls(text, bare, ids())).toMatchObject([
      { name: 'lamp_set', args: { isOn: true } },
      { name: 'clock_read', args: {} },
    ]);
  });

  it('ends with calls or without, whatever a model writes', () => {
    const piece = fc.oneof(
      fc.constantFrom('<tool_call>', '{"name": "', '", "arguments": ', '{', '}', '\n'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('');

        const calls = parseToolCalls(text, TAGGED, ids());

        const marks = text.split('<tool_call>').length - 1;
        expect(calls.length).toBeGreaterThanOrEqual(Math.min(1, marks));
        expect(calls.length).toBeLessThanOrEqual(marks);
      }),
    );
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

describe('callMarks', () => {
  it('is what stands before the first space of each prefix, once', () => {
    expect(callMarks(TAGGED)).toEqual(['<tool_call>']);
    expect(callMarks({ ...PLAIN, prefixes: ['[TOOL_CALLS][{"name": "', '[TOOL_CALLS]'] })).toEqual([
      '[TOOL_CALLS][{"name":',
      '[TOOL_CALLS]',
    ]);
  });

  it('is never so short that it could stand in prose', () => {
    expect(callMarks({ ...PLAIN, prefixes: ['{ "name": "', ' '] })).toEqual(['{ "name": "']);
  });
});
