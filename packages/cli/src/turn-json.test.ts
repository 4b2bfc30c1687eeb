import { describe, expect, it } from '@jest/globals';
import type { SessionTurn } from './session.js';
import { toJson } from './turn-json.js';

function turnOf(spans: Readonly<Record<string, number>>): SessionTurn {
  const totalMs = Object.values(spans).reduce((sum, ms) => sum + ms, 0);
  const summary = {
    heard: 'hi',
    path: 'model',
    said: 'Hello.',
    outcome: 'answered',
    spans,
    totalMs,
  } as const;
  return { source: { type: 'text' }, summary, calls: [] };
}

describe('toJson', () => {
  it('rounds times to tenths that still sum to the total', () => {
    const { turns } = toJson([turnOf({ wait: 0.04, understand: 0.04, tool: 0.04, firstUnit: 10.26 })], {
      readyMs: 3000.4,
      rssMiB: 900,
    });

    expect(turns).toEqual([
      expect.objectContaining({
        spans: { wait: 0, understand: 0.1, tool: 0, firstUnit: 10.3 },
        totalMs: 10.4,
      }),
    ]);
  });

  it('names the recording of a turn, and the file where both sides were written', () => {
    const turn: SessionTurn = { ...turnOf({}), source: { type: 'recording', name: 'lamp.wav' } };

    const document = toJson([turn], { readyMs: 1, rssMiB: 900, wav: 'out.wav' });

    expect(document).toMatchObject({
      readyMs: 1,
      rssMiB: 900,
      turns: [{ recording: 'lamp.wav', spans: {}, totalMs: 0 }],
      wav: 'out.wav',
    });
  });
});
