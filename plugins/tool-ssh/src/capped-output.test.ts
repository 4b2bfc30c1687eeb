import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CappedOutput } from './capped-output.js';

function written(maxBytes: number, ...chunks: readonly (string | Uint8Array)[]): CappedOutput {
  const output = new CappedOutput(maxBytes);
  for (const chunk of chunks) output.write(Buffer.from(chunk));
  return output;
}

describe('CappedOutput', () => {
  it('keeps all that fits', () => {
    const output = written(10, '01234', '56789');

    expect([output.toString(), output.isTruncated]).toEqual(['0123456789', false]);
  });

  it('keeps the beginning and the end of what does not', () => {
    const output = written(10, '0123456789', 'abcdefghij', 'ABCDEFGHIJ');

    expect([output.toString(), output.isTruncated]).toEqual([
      '01234\n[... 20 bytes left out ...]\nFGHIJ',
      true,
    ]);
  });

  it('cuts between characters', () => {
    const output = written(12, 'ééé€€€€€€', '𝄞𝄞');

    expect(output.toString()).toBe('ééé\n[... 22 bytes left out ...]\n𝄞');
  });

  it('is the same for any pieces, and right at both ends', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }).map((bytes) => bytes.map((byte) => 97 + (byte % 26))),
        fc.array(fc.nat(40)),
        fc.integer({ min: 2, max: 60 }),
        (bytes, sizes, maxBytes) => {
          const pieces: Uint8Array[] = [];
          let place = 0;
          for (const size of sizes) {
            pieces.push(bytes.subarray(place, place + size));
            place += size;
          }
          pieces.push(bytes.subarray(place));
          const text = Buffer.from(bytes).toString();
          const head = Math.ceil(maxBytes / 2);
          const tail = Math.floor(maxBytes / 2);

          const output = written(maxBytes, ...pieces);

          expect(output.isTruncated).toBe(text.length > maxBytes);
          expect(output.toString()).toBe(
            text.length <= maxBytes
              ? text
              : `${text.slice(0, head)}\n[... ${text.length - maxBytes} bytes left out ...]\n${text.slice(-tail)}`,
          );
        },
      ),
    );
  });
});
