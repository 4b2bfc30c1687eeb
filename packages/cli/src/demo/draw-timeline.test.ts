import { describe, expect, it } from '@jest/globals';
import { drawTimeline } from './draw-timeline.js';

const plain = (_: string, text: string) => text;

describe('drawTimeline', () => {
  it('draws each stage as long as it took, from where the one before ended', () => {
    const lines = drawTimeline({ endpoint: 200, transcribe: 600, voice: 200 }, { width: 10, paint: plain });

    expect(lines).toEqual([
      'endpoint    ██  200 ms',
      'transcribe    ██████  600 ms',
      'voice               ██  200 ms',
    ]);
  });

  it('sums up stages that are too short to see', () => {
    const lines = drawTimeline({ a: 4, long: 90, b: 6 }, { width: 10, paint: plain });

    expect(lines.at(-1)).toBe('the rest    10 ms');
    expect(lines).toHaveLength(2);
  });

  it('draws nothing for a turn without stages', () => {
    expect(drawTimeline({}, { width: 10, paint: plain })).toEqual([]);
  });
});
