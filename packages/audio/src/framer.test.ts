import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Framer } from './framer.js';
import { joinPcm } from './pcm.js';

const ramp = (length: number, from = 0) => Int16Array.from({ length }, (_, index) => from + index);

describe('Framer', () => {
  it('holds samples back until a frame is full', () => {
    const framer = new Framer({ frameSamples: 4, sampleRateHz: 1000 });

    const early = framer.push(ramp(3), 0);
    const later = framer.push(ramp(3, 3), 3);

    expect(early).toEqual([]);
    expect(later).toEqual([{ pcm: ramp(4), sampleRateHz: 1000, position: 0, timeMs: 0 }]);
  });

  it('cuts a long block into several frames', () => {
    const framer = new Framer({ frameSamples: 2, sampleRateHz: 1000 });

    const frames = framer.push(ramp(5), 100);

    expect(frames.map(({ position, timeMs }) => [position, timeMs])).toEqual([
      [0, 100],
      [2, 102],
    ]);
  });

  it('takes the time of a frame from the block that holds its first sample', () => {
    const framer = new Framer({ frameSamples: 4, sampleRateHz: 1000 });

    framer.push(ramp(6), 100);
    const [second] = framer.push(ramp(4), 500);

    expect(second?.timeMs).toBe(104);
  });

  it('ends with a shorter frame', () => {
    const framer = new Framer({ frameSamples: 4, sampleRateHz: 1000, position: 40 });

    framer.push(ramp(6), 0);

    expect(framer.flush()).toEqual({ pcm: ramp(2, 4), sampleRateHz: 1000, position: 44, timeMs: 4 });
  });

  it('ends with nothing if every frame was full', () => {
    const framer = new Framer({ frameSamples: 2, sampleRateHz: 1000 });

    framer.push(ramp(4), 0);

    expect(framer.flush()).toBeUndefined();
  });

  it('gives away frames that later blocks do not change', () => {
    const framer = new Framer({ frameSamples: 2, sampleRateHz: 1000 });
    const block = ramp(2);

    const [frame] = framer.push(block, 0);
    block.fill(9);
    framer.push(block, 2);

    expect(frame?.pcm).toEqual(ramp(2));
  });

  it('keeps every sample, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.int16Array({ maxLength: 50 })),
        fc.integer({ min: 1, max: 20 }),
        (blocks, frameSamples) => {
          const framer = new Framer({ frameSamples, sampleRateHz: 16_000 });

          const full = blocks.flatMap((block) => framer.push(block, 0));
          const last = framer.flush();
          const frames = last ? [...full, last] : full;

          expect(joinPcm(frames.map(({ pcm }) => pcm))).toEqual(joinPcm(blocks));
          expect(full.every(({ pcm }) => pcm.length === frameSamples)).toBe(true);
          expect(frames.map(({ position }) => position)).toEqual(
            frames.map((_, index) => index * frameSamples),
          );
        },
      ),
    );
  });

  it('refuses frames without length', () => {
    expect(() => new Framer({ frameSamples: 0, sampleRateHz: 16_000 })).toThrow(
      expect.objectContaining({ code: 'AUDIO_ARGUMENT_INVALID' }),
    );
  });

  it('refuses a rate that no stream has', () => {
    expect(() => new Framer({ frameSamples: 512, sampleRateHz: 16 })).toThrow(
      'sampleRateHz is 16. Pass a whole number from 1000 to 768000.',
    );
  });
});
