import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { levelDbfs } from './level.js';
import { int16ToFloat32, joinPcm } from './pcm.js';
import { Resampler, resample } from './resampler.js';

const sine = (frequencyHz: number, sampleRateHz: number, durationS = 1) =>
  Int16Array.from({ length: Math.round(sampleRateHz * durationS) }, (_, index) =>
    Math.round(29_000 * Math.sin((2 * Math.PI * frequencyHz * index) / sampleRateHz)),
  );

/** Streams `pcm` in blocks of `blockMs`, as a device would deliver it. */
const stream = (pcm: Int16Array, fromHz: number, toHz: number, blockMs: number) => {
  const resampler = new Resampler({ fromHz, toHz });
  const blocks: Int16Array[] = [];
  const step = Math.round((fromHz * blockMs) / 1000);
  for (let start = 0; start < pcm.length; start += step) {
    blocks.push(resampler.process(pcm.subarray(start, start + step)));
  }
  return joinPcm([...blocks, resampler.flush()]);
};

/**
 * How far the output is from the very sine that went in, at the same time and level: a delay or a change of level counts as
 * error. The 10 ms at either end, where the sine begins and ends, are left out.
 */
const signalToErrorDb = (output: Int16Array, frequencyHz: number, sampleRateHz: number) => {
  const margin = sampleRateHz / 100;
  let signal = 0;
  let error = 0;
  output.subarray(margin, -margin).forEach((sample, index) => {
    const ideal = 29_000 * Math.sin((2 * Math.PI * frequencyHz * (index + margin)) / sampleRateHz);
    signal += ideal ** 2;
    error += (sample - ideal) ** 2;
  });
  return 10 * Math.log10(signal / error);
};

describe('Resampler', () => {
  it('keeps 80 dB from 22.05 to 16 kHz in blocks of 20 ms, without delay', () => {
    const output = stream(sine(1000, 22_050), 22_050, 16_000, 20);

    expect(signalToErrorDb(output, 1000, 16_000)).toBeGreaterThan(80);
  });

  it('keeps 80 dB from 44.1 to 16 kHz', () => {
    const output = stream(sine(1000, 44_100), 44_100, 16_000, 20);

    expect(signalToErrorDb(output, 1000, 16_000)).toBeGreaterThan(80);
  });

  it('keeps 80 dB from 48 to 16 kHz', () => {
    const output = stream(sine(1000, 48_000), 48_000, 16_000, 20);

    expect(signalToErrorDb(output, 1000, 16_000)).toBeGreaterThan(80);
  });

  it('keeps 80 dB from 8 to 16 kHz', () => {
    const output = stream(sine(1000, 8000), 8000, 16_000, 20);

    expect(signalToErrorDb(output, 1000, 16_000)).toBeGreaterThan(80);
  });

  it('keeps 80 dB from 22.05 to 48 kHz', () => {
    const output = stream(sine(1000, 22_050), 22_050, 48_000, 20);

    expect(signalToErrorDb(output, 1000, 48_000)).toBeGreaterThan(80);
  });

  it('keeps 80 dB between rates without a common divisor', () => {
    const output = stream(sine(1000, 44_101), 44_101, 16_000, 20);

    expect(signalToErrorDb(output, 1000, 16_000)).toBeGreaterThan(80);
  });

  it('keeps a tone just below what the lower rate carries', () => {
    const output = resample(sine(6900, 44_100), 44_100, 16_000);

    expect(signalToErrorDb(output, 6900, 16_000)).toBeGreaterThan(35);
  });

  it('removes a tone that would fold back', () => {
    const output = resample(sine(9000, 44_100), 44_100, 16_000);

    expect(levelDbfs(output.subarray(160, -160))).toBeLessThan(-80);
  });

  it('adds no mirror image when the rate rises', () => {
    const output = resample(sine(3000, 8000), 8000, 16_000);

    expect(signalToErrorDb(output, 3000, 16_000)).toBeGreaterThan(75);
  });

  it('passes a constant unchanged', () => {
    const output = resample(new Int16Array(22_050).fill(12_345), 22_050, 16_000);

    expect(new Set(output.subarray(160, -160))).toEqual(new Set([12_345]));
  });

  it('copies where the rates are equal', () => {
    const pcm = Int16Array.of(1, -2, 3);
    const resampler = new Resampler({ fromHz: 16_000, toHz: 16_000 });

    const output = resampler.process(pcm);

    expect(output).toEqual(pcm);
    expect(output).not.toBe(pcm);
    expect(resampler.flush()).toHaveLength(0);
  });

  it('hears floats and int16 samples alike', () => {
    const pcm = sine(440, 22_050, 0.1);

    expect(resample(int16ToFloat32(pcm), 22_050, 16_000)).toEqual(resample(pcm, 22_050, 16_000));
  });

  it('clamps what rises over full scale between the samples', () => {
    const square = Int16Array.from({ length: 800 }, (_, index) => (index % 40 < 20 ? 32_767 : -32_768));

    const output = resample(square, 8000, 48_000);

    expect(Math.max(...output.subarray(600, 1200))).toBe(32_767);
    expect(Math.min(...output.subarray(600, 1200))).toBe(-32_768);
  });

  it('makes nothing of nothing', () => {
    expect(resample(new Int16Array(0), 44_100, 16_000)).toHaveLength(0);
  });

  it('does not let a stream sound in the next one', () => {
    const resampler = new Resampler({ fromHz: 22_050, toHz: 16_000 });
    resampler.process(sine(1000, 22_050, 0.1));

    resampler.reset();
    const output = joinPcm([resampler.process(new Int16Array(2205)), resampler.flush()]);

    expect(output).toEqual(new Int16Array(1600));
  });

  it('serves another stream after flush', () => {
    const resampler = new Resampler({ fromHz: 22_050, toHz: 16_000 });
    const pcm = sine(500, 22_050, 0.05);

    const first = joinPcm([resampler.process(pcm), resampler.flush()]);
    const second = joinPcm([resampler.process(pcm), resampler.flush()]);

    expect(second).toEqual(first);
  });

  it('gives the same samples for one long block as for many short ones', () => {
    const pcm = sine(700, 44_100, 2);

    const whole = resample(pcm, 44_100, 16_000);

    expect(stream(pcm, 44_100, 16_000, 20)).toEqual(whole);
  });

  it('gives the same samples however the stream is cut', () => {
    const rates = fc.constantFrom(8000, 11_025, 16_000, 22_050, 24_000, 44_100, 44_101, 48_000);
    const cuts = fc.array(fc.nat({ max: 3000 }), { maxLength: 12 });
    fc.assert(
      fc.property(rates, rates, fc.int16Array({ maxLength: 4000 }), cuts, (fromHz, toHz, pcm, lengths) => {
        const resampler = new Resampler({ fromHz, toHz });
        const blocks: Int16Array[] = [];
        let start = 0;
        for (const length of lengths) {
          blocks.push(resampler.process(pcm.subarray(start, start + length)));
          start += length;
        }
        blocks.push(resampler.process(pcm.subarray(start)), resampler.flush());

        expect(joinPcm(blocks)).toEqual(resample(pcm, fromHz, toHz));
      }),
      { numRuns: 40 },
    );
  });

  it('is exactly as long as the rates say, for any pair', () => {
    const rate = fc.integer({ min: 1000, max: 100_000 });
    fc.assert(
      fc.property(rate, rate, fc.nat({ max: 3000 }), (fromHz, toHz, length) => {
        const output = resample(new Int16Array(length), fromHz, toHz);

        expect(output).toHaveLength(Math.round((length * toHz) / fromHz));
      }),
      { numRuns: 25 },
    );
  });

  it('refuses rates that are no rates', () => {
    expect(() => new Resampler({ fromHz: 0, toHz: 16_000 })).toThrow('fromHz is 0.');
    expect(() => new Resampler({ fromHz: 16_000, toHz: 44.1 })).toThrow('toHz is 44.1.');
  });
});
