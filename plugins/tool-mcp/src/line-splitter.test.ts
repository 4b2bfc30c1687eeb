import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter } from './line-splitter.js';

function split(maxBytes: number, chunks: readonly Buffer[]): readonly (string | undefined)[] {
  const splitter = new LineSplitter(maxBytes);
  return chunks.flatMap((chunk) =>
    Array.from(splitter.push(chunk), (line) => (line.type === 'line' ? line.text : undefined)),
  );
}

describe('LineSplitter', () => {
  it('gives the same lines however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }).filter((line) => !line.includes('\n'))),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        (lines, sizes) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const chunks: Buffer[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = sizes[turn % sizes.length] ?? 1;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }

          expect(split(100_000, chunks)).toEqual(lines);
        },
      ),
    );
  });

  it('drops a line that is too long, tells it once, and goes on with the next', () => {
    const chunks = ['abc', 'def', 'ghi', 'j\nnext\n'].map((text) => Buffer.from(text));

    expect(split(5, chunks)).toEqual([undefined, 'next']);
  });

  it('takes a line of exactly the longest length', () => {
    expect(split(5, [Buffer.from('12345\n123456\n1\n')])).toEqual(['12345', undefined, '1']);
  });

  it('holds back a line until its end arrives', () => {
    expect(split(10, [Buffer.from('one\ntwo')])).toEqual(['one']);
  });
});
