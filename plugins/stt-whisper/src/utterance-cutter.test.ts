import { describe, expect, it } from '@jest/globals';
import { joinPcm } from '@tiercel/audio';
import fc from 'fast-check';
import { UtteranceCutter } from './utterance-cutter.js';

const RATE_HZ = 1000;
const options = { sampleRateHz: RATE_HZ, maxPieceMs: 25_000, searchMs: 10_000 };

function loud(seconds: number): Int16Array {
  return Int16Array.from({ length: seconds * RATE_HZ }, (_, index) => (index % 2 ? 8000 : -8000));
}

describe('UtteranceCutter', () => {
  it('keeps a short utterance whole', () => {
    const cutter = new UtteranceCutter(options);

    const pieces = cutter.push(loud(20));

    expect(pieces).toEqual([]);
    expect(cutter.flush()).toEqual(loud(20));
  });

  it('cuts a long one in the middle of the quietest pause near the limit', () => {
    const cutter = new UtteranceCutter(options);

    const pieces = cutter.push(joinPcm([loud(18), new Int16Array(200), loud(12)]));

    expect(pieces.map(({ length }) => length)).toEqual([18_100]);
  });

  it('does not look for a pause long before the limit', () => {
    const cutter = new UtteranceCutter(options);

    const [piece] = cutter.push(joinPcm([loud(5), new Int16Array(500), loud(25)]));

    expect(piece?.length).toBeGreaterThanOrEqual(15_000);
  });

  it('loses no sample and makes no piece too long, however the audio comes in', () => {
    const blocks = fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 30 });
    fc.assert(
      fc.property(blocks, (lengths) => {
        const cutter = new UtteranceCutter(options);
        let next = 0;
        const input = lengths.map((length) => Int16Array.from({ length }, () => next++ % 3000));

        const pieces = input.flatMap((block) => [...cutter.push(block)]);
        const rest = cutter.flush();

        expect(joinPcm(rest ? [...pieces, rest] : pieces)).toEqual(joinPcm(input));
        expect(pieces.filter(({ length }) => length > 25_000 || length === 0)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('has nothing left after it was flushed', () => {
    const cutter = new UtteranceCutter(options);
    cutter.push(loud(1));
    cutter.flush();

    expect(cutter.flush()).toBeUndefined();
  });
});
