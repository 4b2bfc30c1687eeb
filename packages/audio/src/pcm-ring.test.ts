import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PcmRing } from './pcm-ring.js';

const sampleRateHz = 1000;
/** Sample values equal their positions. */
const frameAt = (position: number, length: number) => ({
  pcm: Int16Array.from({ length }, (_, index) => position + index),
  sampleRateHz,
  position,
  timeMs: position,
});

describe('PcmRing', () => {
  it('cuts by absolute position', () => {
    const ring = new PcmRing({ sampleRateHz, capacityMs: 100 });

    ring.write(frameAt(0, 50));

    expect(ring.slice(10, 13)).toEqual({
      pcm: Int16Array.of(10, 11, 12),
      position: 10,
      overwrittenSamples: 0,
      missingSamples: 0,
      pendingSamples: 0,
    });
  });

  it('cuts across the seam of the ring', () => {
    const ring = new PcmRing({ sampleRateHz, capacityMs: 10 });

    ring.write(frameAt(0, 8));
    ring.write(frameAt(8, 8));

    expect(ring.slice(8, 12).pcm).toEqual(Int16Array.of(8, 9, 10, 11));
  });

  it('overwrites the oldest and tells how much of a wish is gone', () => {
    const ring = new PcmRing({ sampleRateHz, capacityMs: 10 });

    ring.write(frameAt(0, 8));
    ring.write(frameAt(8, 8));

    expect([ring.startPosition, ring.endPosition]).toEqual([6, 16]);
    expect(ring.slice(4, 8)).toMatchObject({
      pcm: Int16Array.of(6, 7),
      position: 6,
      overwrittenSamples: 2,
    });
  });

  it('tells how much of a wish has not come yet', () => {
    const ring = new PcmRing({ sampleRateHz, capacityMs: 10 });

    ring.write(frameAt(0, 4));

    expect(ring.slice(2, 9)).toMatchObject({ pcm: Int16Array.of(2, 3), pendingSamples: 5 });
  });

  it('keeps the end of a frame that is longer than the ring', () => {
    const ring = new PcmRing({ sampleRateHz, capacityMs: 3 });

    ring.write(frameAt(0, 8));

    expect(ring.slice(0, 8)).toMatchObject({ pcm: Int16Array.of(5, 6, 7), overwrittenSamples: 5 });
  });

  it('puts silence where samples were lost and counts them', () => {
    const ring = new PcmRing({ sampleRateHz, capacityMs: 20 });

    ring.write(frameAt(5, 2));
    ring.write(frameAt(10, 2));

    expect(ring.slice(6, 11)).toMatchObject({ pcm: Int16Array.of(6, 0, 0, 0, 10), missingSamples: 3 });
  });

  it('survives a loss longer than itself', () => {
    const ring = new PcmRing({ sampleRateHz, capacityMs: 4 });

    ring.write(frameAt(0, 4));
    ring.write(frameAt(1002, 2));

    expect(ring.slice(1000, 1004)).toMatchObject({
      pcm: Int16Array.of(0, 0, 1002, 1003),
      missingSamples: 2,
    });
  });

  it('begins wherever the first frame begins', () => {
    const ring = new PcmRing({ sampleRateHz, capacityMs: 10 });

    ring.write(frameAt(700, 3));

    expect(ring.slice(698, 702)).toMatchObject({
      pcm: Int16Array.of(700, 701),
      position: 700,
      overwrittenSamples: 2,
    });
  });

  it('hands out copies', () => {
    const ring = new PcmRing({ sampleRateHz, capacityMs: 4 });
    ring.write(frameAt(0, 4));

    const cut = ring.slice(0, 4);
    ring.write(frameAt(4, 4));

    expect(cut.pcm).toEqual(Int16Array.of(0, 1, 2, 3));
  });

  it('gives nothing for an empty or reversed wish', () => {
    const ring = new PcmRing({ sampleRateHz, capacityMs: 10 });
    ring.write(frameAt(0, 10));

    expect(ring.slice(5, 5).pcm).toHaveLength(0);
    expect(ring.slice(8, 3).pcm).toHaveLength(0);
  });

  it('forgets a stream on reset, so that the next may begin at 0', () => {
    const ring = new PcmRing({ sampleRateHz, capacityMs: 10 });
    ring.write(frameAt(500, 5));

    ring.reset();
    ring.write(frameAt(0, 2));

    expect(ring.slice(0, 9)).toMatchObject({ pcm: Int16Array.of(0, 1), overwrittenSamples: 0 });
  });

  it('refuses positions that are already there', () => {
    const ring = new PcmRing({ sampleRateHz, capacityMs: 10 });
    ring.write(frameAt(0, 5));

    expect(() => ring.write(frameAt(3, 5))).toThrow(
      expect.objectContaining({ code: 'AUDIO_POSITION_BACKWARD' }),
    );
  });

  it('refuses frames of another rate', () => {
    const ring = new PcmRing({ sampleRateHz, capacityMs: 10 });

    expect(() => ring.write({ ...frameAt(0, 5), sampleRateHz: 8000 })).toThrow(
      expect.objectContaining({ code: 'AUDIO_RATE_MISMATCH' }),
    );
  });

  it('refuses to remember nothing', () => {
    expect(() => new PcmRing({ sampleRateHz, capacityMs: 0 })).toThrow(
      expect.objectContaining({ code: 'AUDIO_ARGUMENT_INVALID' }),
    );
  });

  it('agrees with a plain list, whatever is written, lost and cut', () => {
    const step = fc.record({ gap: fc.nat({ max: 30 }), length: fc.nat({ max: 40 }) });
    fc.assert(
      fc.property(fc.array(step), fc.nat({ max: 400 }), fc.nat({ max: 400 }), (steps, a, b) => {
        const ring = new PcmRing({ sampleRateHz, capacityMs: 25 });
        const list: (number | undefined)[] = [];
        for (const { gap, length } of steps) {
          for (let index = 0; index < gap && list.length > 0; index++) list.push(undefined);
          const frame = frameAt(list.length, length);
          ring.write(frame);
          list.push(...frame.pcm);
        }
        const [from, to] = [Math.min(a, b), Math.max(a, b)];

        const cut = ring.slice(from, to);

        const oldest = Math.max(0, list.length - 25);
        const expected = list.slice(Math.max(from, oldest), Math.max(to, oldest));
        expect(Array.from(cut.pcm)).toEqual(expected.map((sample) => sample ?? 0));
        expect(cut.missingSamples).toBe(expected.filter((sample) => sample === undefined).length);
        expect(cut.overwrittenSamples + cut.pcm.length + cut.pendingSamples).toBe(to - from);
      }),
    );
  });
});
