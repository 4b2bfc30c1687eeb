import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ToolDelta } from './chat-chunk.js';
import { ToolCallMerger } from './tool-call-merger.js';

function merge(...deltas: readonly Partial<ToolDelta>[]) {
  const merger = new ToolCallMerger();
  for (const delta of deltas) merger.push({ id: '', name: '', args: '', ...delta });
  return merger.calls();
}

describe('ToolCallMerger', () => {
  it('puts arguments together by index', () => {
    const calls = merge(
      { index: 0, id: 'a', name: 'lamp_set', args: '{"isOn"' },
      { index: 1, id: 'b', name: 'horn_blow' },
      { index: 0, args: ':true}' },
      { index: 1, args: '{"times":3}' },
    );

    expect(calls).toEqual([
      { id: 'a', name: 'lamp_set', args: { isOn: true } },
      { id: 'b', name: 'horn_blow', args: { times: 3 } },
    ]);
  });

  it('goes by the id where there is no index, and else adds to the latest', () => {
    const calls = merge(
      { id: 'a', name: 'lamp_set', args: '{"isOn"' },
      { id: 'b', name: 'horn_blow', args: '{"times"' },
      { id: 'a', args: ':true}' },
      { id: 'b', args: ':' },
      { args: '3}' },
    );

    expect(calls.map(({ args }) => args)).toEqual([{ isOn: true }, { times: 3 }]);
  });

  it('takes a name that comes late, and one that is repeated', () => {
    const calls = merge(
      { index: 0, id: 'a' },
      { index: 0, args: '{}' },
      { index: 0, name: 'lamp_set' },
      { index: 0, name: 'lamp_set' },
    );

    expect(calls).toEqual([{ id: 'a', name: 'lamp_set', args: {} }]);
  });

  it('tells calls apart that all have the index 0 and ids of their own', () => {
    const calls = merge(
      { index: 0, id: 'a', name: 'lamp_set', args: '{"isOn":true}' },
      { index: 0, id: 'b', name: 'lamp_set', args: '{"isOn":false}' },
    );

    expect(calls.map(({ id, args }) => [id, args])).toEqual([
      ['a', { isOn: true }],
      ['b', { isOn: false }],
    ]);
  });

  it('begins another call at a second name where there is neither index nor id', () => {
    const calls = merge({ name: 'lamp_set', args: '{}' }, { name: 'horn_blow', args: '{}' });

    expect(calls.map(({ name }) => name)).toEqual(['lamp_set', 'horn_blow']);
  });

  it('gives an id to a call without one, and to the second of two with the same', () => {
    const calls = merge(
      { index: 0, name: 'a' },
      { index: 1, id: 'x', name: 'b' },
      { index: 2, id: 'x', name: 'c' },
    );

    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
    expect(calls[1]?.id).toBe('x');
    expect(calls.every(({ id }) => id !== '')).toBe(true);
  });

  it.each(['', '  ', '{}'])('takes the arguments %j for none', (args) => {
    expect(merge({ index: 0, id: 'a', name: 'clock_read', args })).toEqual([
      { id: 'a', name: 'clock_read', args: {} },
    ]);
  });

  it.each(['{"isOn":', 'null', 'true', '[1]', '"on"', 'isOn: true'])(
    'marks a call with the arguments %j as invalid',
    (args) => {
      expect(merge({ index: 0, id: 'a', name: 'lamp_set', args })).toEqual([
        { id: 'a', name: 'lamp_set', args: {}, isInvalid: true },
      ]);
    },
  );

  it('marks a call without a name as invalid', () => {
    expect(merge({ index: 0, id: 'a', args: '{}' })).toMatchObject([{ name: '', isInvalid: true }]);
  });

  it('has a bound', () => {
    const many = Array.from({ length: 129 }, (_, index) => ({ index, name: 'lamp_set' }));

    expect(() => merge(...many)).toThrow('more than 128 tool calls');
  });

  it('makes the same calls of any pieces in any order that keeps each call in order', () => {
    const call = fc.record({
      name: fc.constantFrom('lamp_set', 'horn_blow'),
      args: fc.dictionary(fc.string(), fc.jsonValue()),
    });
    fc.assert(
      fc.property(
        fc.array(call, { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.nat()),
        (calls, choices) => {
          const queues = calls.map(({ name, args }, index) => {
            const pieces = JSON.stringify(args).match(/.{1,5}/gsu) ?? [];
            return [{ index, id: `call-${index}`, name }, ...pieces.map((piece) => ({ index, args: piece }))];
          });
          const deltas: Partial<ToolDelta>[] = [];
          while (queues.some((queue) => queue.length > 0)) {
            const left = queues.filter((queue) => queue.length > 0);
            const queue = left[(choices.next().value ?? 0) % left.length];
            const [first] = queue?.splice(0, 1) ?? [];
            if (first) deltas.push(first);
          }

          const merged = new Map(merge(...deltas).map(({ id, ...rest }) => [id, rest]));

          for (const [index, { name, args }] of calls.entries())
            expect(merged.get(`call-${index}`)).toEqual({ name, args: JSON.parse(JSON.stringify(args)) });
        },
      ),
    );
  });
});
