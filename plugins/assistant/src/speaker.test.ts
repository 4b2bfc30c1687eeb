import { describe, expect, it } from '@jest/globals';
import { type Frame, firstAudibleSample, joinPcm, lastAudibleSample, silence } from '@tiercel/audio';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { tone } from './__fixtures__/call.js';
import { HeardLedger } from './ledger.js';
import { MAX_AHEAD_MS, Playout } from './playout.js';
import { Stages } from './stages.js';
import { SynthesisPace } from './synthesis-pace.js';
import { unitAudio } from './unit-audio.js';

const RATE = 16_000;

async function* framesOf(pcm: Int16Array): AsyncGenerator<Frame> {
  for (let position = 0; position < pcm.length; position += 320) {
    yield { pcm: pcm.subarray(position, position + 320), sampleRateHz: RATE, position, timeMs: 0 };
  }
}

async function audioOf(pcm: Int16Array): Promise<Int16Array> {
  const blocks: Int16Array[] = [];
  for await (const block of unitAudio(framesOf(pcm))) blocks.push(block);
  return joinPcm(blocks);
}

describe('unitAudio', () => {
  it('leaves out the silence around the unit, except 30 ms', async () => {
    const pcm = await audioOf(joinPcm([silence(215, RATE), tone(503), silence(187, RATE)]));

    expect(pcm.length / 16).toBeGreaterThan(503 + 55);
    expect(pcm.length / 16).toBeLessThan(503 + 65);
  });

  it('keeps silence inside', async () => {
    const pcm = await audioOf(joinPcm([tone(200), silence(700, RATE), tone(200)]));

    expect(pcm.length).toBe(1_100 * 16);
  });

  it('rises from silence and falls to it', async () => {
    const pcm = await audioOf(tone(100));

    expect([pcm[0], Math.abs(pcm.at(-1) ?? 1)]).toEqual([0, 0]);
  });

  it('gives nothing for silence, and for nothing', async () => {
    expect(await audioOf(silence(500, RATE))).toHaveLength(0);
    expect(await audioOf(new Int16Array(0))).toHaveLength(0);
  });

  it('loses no sound, whatever surrounds it', async () => {
    for (let leadMs = 0; leadMs < 60; leadMs += 7) {
      const pcm = await audioOf(joinPcm([silence(leadMs, RATE), tone(123), silence(leadMs, RATE)]));
      const first = firstAudibleSample(pcm, { sampleRateHz: RATE }) ?? 0;
      const last = lastAudibleSample(pcm, { sampleRateHz: RATE }) ?? 0;

      expect((last - first) / 16).toBeGreaterThan(118);
    }
  });
});

describe('Playout', () => {
  const open = (onAudible: (timeMs: number) => void = () => undefined) => {
    const stages = new Stages(new FakeClock(), new FakeLog());
    return new Playout({ stages, sampleRateHz: RATE, timeoutMs: 5_000, onAudible });
  };
  const { signal } = new AbortController();

  it('has room for 600 ms, and for more when that was played', async () => {
    const playout = open();
    playout.sent(MAX_AHEAD_MS * 16);
    let hasRoom = false;

    const waiting = playout.room(320, signal).then(() => {
      hasRoom = true;
    });
    await Promise.resolve();
    const before = hasRoom;
    playout.played(320, 0);
    await waiting;

    expect([before, hasRoom]).toEqual([false, true]);
  });

  it('never counts backwards, and never more than was sent', () => {
    const playout = open();
    playout.sent(1_000);

    playout.played(600, 0);
    playout.played(400, 0);
    const lower = playout.playedSamples;
    playout.played(5_000, 0);

    expect([lower, playout.playedSamples]).toEqual([600, 1_000]);
  });

  it('tells when the first audible sample was played, between two reports', () => {
    const times: number[] = [];
    const playout = open((timeMs) => times.push(timeMs));
    playout.expectAudible(480);
    playout.sent(3_200);

    playout.played(320, 1_020);
    playout.played(1_600, 1_100);
    playout.played(3_200, 1_200);

    expect(times).toEqual([1_030]);
  });

  it('counts everything as played where nobody can report', () => {
    const playout = open();
    playout.sent(1_000);

    playout.endReports();

    expect(playout.playedSamples).toBe(1_000);
  });
});

describe('HeardLedger', () => {
  const reply = 'One. Two. Three.';
  const ledger = new HeardLedger();
  ledger.add({ textStart: 0, textEnd: 5, firstSample: 0, sampleCount: 100 });
  ledger.add({ textStart: 5, textEnd: 10, firstSample: 150, sampleCount: 100 });
  ledger.add({ textStart: 10, textEnd: 16, firstSample: 300, sampleCount: 100 });

  it.each([
    [0, ''],
    [99, ''],
    [100, 'One. '],
    [249, 'One. '],
    [250, 'One. Two. '],
    [400, reply],
    [999, reply],
  ])('of %i samples knows the units that were heard', (played, heard) => {
    expect(ledger.playout(reply, played)).toBe(heard);
  });
});

describe('SynthesisPace', () => {
  it('learns how long a character takes', () => {
    const pace = new SynthesisPace();

    for (let round = 0; round < 50; round++) pace.observe('ten chars.', 400);

    expect(pace.predictMs('twenty characters...')).toBeCloseTo(800, 0);
  });
});
