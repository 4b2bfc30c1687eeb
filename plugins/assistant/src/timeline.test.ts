import { describe, expect, it } from '@jest/globals';
import { type Mark, TimelineMarks } from './timeline.js';

describe('TimelineMarks', () => {
  it('names each span after the stage that ends it', () => {
    const marks = new TimelineMarks();
    marks.mark('begin', 100);
    marks.mark('softEnd', 300);
    marks.mark('transcriptFinal', 550);
    marks.mark('audible', 900);

    expect(marks.toTimeline()).toEqual({
      spans: { endpoint: 200, transcribe: 250, audible: 350 },
      totalMs: 800,
      overlapMs: {},
    });
  });

  it('counts work that ended before its predecessor as overlap', () => {
    const marks = new TimelineMarks();
    marks.mark('begin', 0);
    marks.mark('transcriptFinal', 500);
    marks.mark('commit', 400);

    expect(marks.toTimeline()).toEqual({
      spans: { transcribe: 500, commit: 0 },
      totalMs: 500,
      overlapMs: { commit: 100 },
    });
  });

  it('keeps the first time of a mark, and ignores what is no time', () => {
    const marks = new TimelineMarks();
    marks.mark('begin', 5);
    marks.mark('begin', 9);
    marks.mark('audible', Number.NaN);

    expect([marks.has('audible'), marks.toTimeline()]).toEqual([
      false,
      { spans: {}, totalMs: 0, overlapMs: {} },
    ]);
  });

  it.each(Array.from({ length: 100 }, (_, seed) => seed + 1))(
    'gives spans that are not negative and sum to the total, whatever the marks are (%i)',
    (seed) => {
      const names: Mark[] = [
        'begin',
        'softEnd',
        'transcriptFinal',
        'commit',
        'intent',
        'firstUnit',
        'audible',
      ];
      const marks = new TimelineMarks();
      let state = seed;
      for (const name of names) {
        state = (state * 48_271) % 2_147_483_647;
        if (state % 4 > 0) marks.mark(name, (state % 100_000) / 7);
      }

      const { spans, totalMs, overlapMs } = marks.toTimeline();
      const sum = Object.values(spans).reduce((total, span) => total + span, 0);

      expect(Math.abs(sum - totalMs)).toBeLessThanOrEqual(1);
      for (const span of [...Object.values(spans), ...Object.values(overlapMs)])
        expect(span).toBeGreaterThanOrEqual(0);
    },
  );
});
