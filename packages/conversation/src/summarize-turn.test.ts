import { describe, expect, it } from '@jest/globals';
import type { AssistantEvent } from '@tiercel/capabilities/assistant';
import { summarizeTurn } from './summarize-turn.js';

const end = {
  type: 'turn-end',
  turn: 1,
  attempt: 1,
  outcome: 'answered',
  path: 'phrase',
  heard: 'lamp on',
  reply: 'The lamp is on.',
  playout: 'The lamp',
  tools: ['set_device', 'get_device'],
  timeline: { spans: { endpoint: 200, model: 0 }, totalMs: 200, overlapMs: {} },
} as const satisfies AssistantEvent;

describe('summarizeTurn', () => {
  it('sums up the turn that ends', () => {
    expect(summarizeTurn([{ type: 'turn-start', turn: 1, by: 'text' }, end])).toEqual({
      heard: 'lamp on',
      path: 'phrase',
      tool: 'set_device',
      said: 'The lamp is on.',
      outcome: 'answered',
      spans: { endpoint: 200, model: 0 },
      totalMs: 200,
    });
  });

  it('says only what was heard of an interrupted reply', () => {
    expect(summarizeTurn([{ ...end, outcome: 'interrupted' }])?.said).toBe('The lamp');
  });

  it('leaves out the tool where none was called, and keeps an error', () => {
    const error = { code: 'MODEL_LOST', message: 'Gone.' };

    const summary = summarizeTurn([{ ...end, tools: [], outcome: 'failed', error }]);

    expect(summary).not.toHaveProperty('tool');
    expect(summary?.error).toEqual(error);
  });

  it('has nothing to say while no turn has ended', () => {
    expect(summarizeTurn([{ type: 'ready' }])).toBeUndefined();
  });
});
