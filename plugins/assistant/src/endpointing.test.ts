import { describe, expect, it } from '@jest/globals';
import { silence } from '@tiercel/audio';
import { room, tone } from './__fixtures__/call.js';
import { isTurnOver } from './endpointing.js';
import { PauseTracker } from './pause-tracker.js';
import { quietestSample } from './quietest.js';
import { completenessOf } from './words.js';

const rules = { completePauseMs: 300, pauseMs: 700, maxPauseMs: 1_200 };
const after = (silenceMs: number) => ({ silenceMs, sinceSoftEndMs: silenceMs - 200, isQuiet: true });

describe('isTurnOver', () => {
  it('ends a turn that looks complete after a short pause', () => {
    expect(isTurnOver({ ...after(299), completeness: 'complete' }, rules)).toBe(false);
    expect(isTurnOver({ ...after(300), completeness: 'complete' }, rules)).toBe(true);
  });

  it('ends a turn of which that cannot be told after the pause of this speaker', () => {
    expect(isTurnOver({ ...after(699), completeness: 'open' }, rules)).toBe(false);
    expect(isTurnOver({ ...after(700), completeness: 'open' }, rules)).toBe(true);
  });

  it('waits as long as it may for one that is unfinished, or not transcribed yet', () => {
    expect(isTurnOver({ ...after(1_399), completeness: 'unfinished' }, rules)).toBe(false);
    expect(isTurnOver({ ...after(1_400), completeness: 'unfinished' }, rules)).toBe(true);
    expect(isTurnOver({ ...after(1_399), completeness: undefined }, rules)).toBe(false);
    expect(isTurnOver({ ...after(1_400), completeness: undefined }, rules)).toBe(true);
  });

  it('waits as long as it may where something can be heard', () => {
    const loud = { ...after(1_399), isQuiet: false };

    expect(isTurnOver({ ...loud, completeness: 'complete' }, rules)).toBe(false);
    expect(isTurnOver({ ...loud, completeness: 'open' }, rules)).toBe(false);
    expect(isTurnOver({ ...after(1_400), isQuiet: false, completeness: 'complete' }, rules)).toBe(true);
  });
});

describe('completenessOf', () => {
  it.each([
    ['What time is it?', 'en', 'complete'],
    ['Stop.', 'en', 'complete'],
    ['He said “stop.”', 'en', 'complete'],
    ['Wie spät ist es?', 'de', 'complete'],
    ['今天天气很好。', 'zh', 'complete'],
    ['यह अच्छा है।', 'hi', 'complete'],
    ['turn on the lamp', 'en', 'open'],
    ['turn on the lamp and', 'en', 'unfinished'],
    ['Turn on the lamp and.', 'en', 'unfinished'],
    ['Turn on the', 'en', 'unfinished'],
    ['Turn on the lamp,', 'en', 'unfinished'],
    ['I would like to...', 'en', 'unfinished'],
    ['I would like to…', 'en', 'unfinished'],
    ['Um.', 'en', 'unfinished'],
    ['Mach das Licht an und', 'de', 'unfinished'],
  ])('takes %j (%s) for %s', (text, language, completeness) => {
    expect(completenessOf(text, language)).toBe(completeness);
  });
});

describe('PauseTracker', () => {
  it('begins with the pause it is given', () => {
    expect(new PauseTracker(700).pauseMs).toBeCloseTo(700);
  });

  it('comes to one and a half times the pauses of the speaker, within 300 and 1200 ms', () => {
    const [quick, usual, slow] = [new PauseTracker(700), new PauseTracker(700), new PauseTracker(700)];

    for (let round = 0; round < 100; round++) {
      quick.observe(50);
      usual.observe(400);
      slow.observe(5_000);
    }

    expect(quick.pauseMs).toBe(300);
    expect(usual.pauseMs).toBeCloseTo(600, 0);
    expect(slow.pauseMs).toBe(1_200);
  });
});

describe('quietestSample', () => {
  it('finds a pause near the end', () => {
    const pcm = Int16Array.from([...tone(3_000), ...room(200), ...tone(1_000)]);

    const cut = quietestSample(pcm, 16_000, 2_000);

    expect(cut).toBeGreaterThan(3_000 * 16);
    expect(cut).toBeLessThan(3_200 * 16);
  });

  it('stays inside of what it is given', () => {
    expect(quietestSample(new Int16Array(0), 16_000, 2_000)).toBe(0);
    expect(quietestSample(silence(5, 16_000), 16_000, 2_000)).toBe(80);
  });
});
