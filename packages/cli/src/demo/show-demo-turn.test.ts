import { describe, expect, it } from '@jest/globals';
import { emptyTurn } from '@tiercel/conversation';
import { showDemoTurn } from './show-demo-turn.js';

const options = { number: 1, steps: [], columns: 100, paint: (_: string, text: string) => text };

describe('showDemoTurn', () => {
  it('tells what was heard, understood, changed and said, and how long it took', () => {
    const text = showDemoTurn(
      {
        source: { type: 'recording', name: '/some/where/lamp.wav' },
        calls: [{ tool: 'set_device', args: { state: 'on' } }],
        summary: {
          heard: 'Lamp on.',
          path: 'phrase',
          tool: 'set_device',
          said: 'It is on.',
          outcome: 'answered',
          spans: { endpoint: 200, voice: 100 },
          totalMs: 300,
        },
      },
      { ...options, steps: [{ key: 'device/living-room-lamp/state', from: 'off', to: 'on' }] },
    );

    expect(text.split('\n')).toEqual([
      '1  lamp.wav',
      '   heard       Lamp on.',
      '   understood  by a phrase, without a model: set_device {"state":"on"}',
      '   changed     living room lamp: off → on',
      '   said        It is on.',
      '   took        300 ms from the end of speech to the first sound',
      expect.stringContaining('endpoint'),
      expect.stringContaining('voice'),
    ]);
  });

  it('says that nothing was said', () => {
    const text = showDemoTurn(
      { source: { type: 'recording', name: 'noise.wav' }, calls: [], summary: emptyTurn },
      options,
    );

    expect(text).toBe('1  noise.wav\n   heard       nothing that was said to me');
  });

  it('tells why a turn failed', () => {
    const error = { code: 'MODEL_LOST', message: 'Gone.' };

    const text = showDemoTurn(
      {
        source: { type: 'text' },
        calls: [],
        summary: { ...emptyTurn, outcome: 'failed', heard: 'Hi', error },
      },
      options,
    );

    expect(text).toContain('failed      MODEL_LOST: Gone.');
  });

  it('stays within a narrow terminal, with what goes on below what it belongs to', () => {
    const text = showDemoTurn(
      {
        source: { type: 'recording', name: 'lamp.wav' },
        calls: [{ tool: 'set_device', args: { state: 'on', device: 'living-room-lamp' } }],
        summary: {
          heard: 'Turn on the living room lamp.',
          path: 'phrase',
          said: 'Living room lamp is on.',
          outcome: 'answered',
          spans: { transcribe: 500, synthesize: 250 },
          totalMs: 750,
        },
      },
      { ...options, columns: 40 },
    );

    expect(text).toContain('   heard       Turn on the living room\n               lamp.\n');
    expect(Math.max(...text.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(40);
  });
});
