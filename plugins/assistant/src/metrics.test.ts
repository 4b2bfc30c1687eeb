import { describe, expect, it } from '@jest/globals';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { coreMetrics } from '@tiercel/capabilities/metrics';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import { Call, room, tone } from './__fixtures__/call.js';

describe('the figures of conversations', () => {
  it('count turns by their outcome, and the time of each stage', async () => {
    const metrics = new FakeMetrics();
    const model = new FakeLanguageModel({ replies: [{ text: 'Yes.' }, { error: new Error('scripted') }] });
    const call = new Call({ metrics, model, voice: false });

    for (const text of ['One', 'Two', '']) await call.probe.send({ type: 'text', text });
    await call.end();

    const outcomes = ['answered', 'failed', 'empty', 'interrupted'] as const;
    expect(outcomes.map((outcome) => metrics.valueOf(coreMetrics.turns, { outcome }))).toEqual([
      1,
      1,
      1,
      undefined,
    ]);
    const [end] = call.probe.ofType('turn-end');
    const [understand = Number.NaN] = metrics.valuesOf(coreMetrics.turnSpanSeconds, { span: 'understand' });
    expect(understand).toBeCloseTo((end?.timeline.spans['understand'] ?? Number.NaN) / 1_000, 6);
  });

  it('count refused turns', async () => {
    const metrics = new FakeMetrics();
    const call = new Call({ metrics, settings: { maxWaitingTurns: 1 }, voice: false });

    await call.probe.send(...Array.from({ length: 5 }, () => ({ type: 'text', text: 'Go' }) as const));
    await call.end();

    const ends = call.probe.ofType('turn-end').filter(({ outcome }) => outcome === 'failed');
    expect(ends.length).toBeGreaterThan(0);
    expect(metrics.valueOf(coreMetrics.turns, { outcome: 'failed' })).toBe(ends.length);
  });

  it('count transcripts that were rejected, by cause', async () => {
    const metrics = new FakeMetrics();
    const call = new Call({ metrics, hear: () => 'Thank you.' });

    await call.hear(room(600), tone(400), room(300));
    await call.waitFor('turn-end');
    await call.end();

    expect(metrics.valueOf(coreMetrics.transcriptsRejected, { cause: 'phrase' })).toBe(1);
  });

  it('compare the work of recognition and voice with the length of the speech', async () => {
    const metrics = new FakeMetrics();
    const model = new FakeLanguageModel({ replies: [{ text: 'It is noon.' }] });
    const call = new Call({ metrics, model });
    call.tts.latencyMs = 110;

    await call.hear(room(600), tone(1_200), room(300));
    await call.waitFor('turn-end');
    await call.end();

    const [recognition = 0] = metrics.valuesOf(coreMetrics.sttRealtimeFactor);
    const [voice = 0] = metrics.valuesOf(coreMetrics.ttsRealtimeFactor);
    expect(recognition).toBeGreaterThan(0.08);
    expect(recognition).toBeLessThan(0.16);
    expect(voice).toBeGreaterThan(0.15);
    expect(voice).toBeLessThan(0.3);
  });
});
