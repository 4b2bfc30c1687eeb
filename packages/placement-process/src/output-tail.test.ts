import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { OutputTail } from './output-tail.js';

/** What a tail holds, and which lines it told, when these chunks have been read. */
async function tailOf(...chunks: (string | Buffer)[]) {
  const lines: string[] = [];
  const tail = new OutputTail((line) => lines.push(line));
  const stream = new PassThrough();
  tail.follow(stream);
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await new Promise((resolve) => stream.once('close', resolve));
  return { tail, lines };
}

describe('OutputTail', () => {
  it('tells whole lines, however they arrive', async () => {
    const bytes = Buffer.from('grün\nblau');

    const { lines, tail } = await tailOf(bytes.subarray(0, 3), bytes.subarray(3), 'er\nlast');

    expect(lines).toEqual(['grün', 'blauer', 'last']);
    expect(tail.text).toBe('grün\nblauer\nlast\n');
  });

  it('keeps no more than 4,096 characters, also of one line without an end', async () => {
    const { lines, tail } = await tailOf(...Array.from({ length: 100 }, () => 'x'.repeat(1000)));

    expect(tail.text.length).toBe(4096);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(5096);
  });

  it('finds the words that tell why a process ended', async () => {
    const native = await tailOf('loading\nbad magic number\n\n');
    const thrown = await tailOf(
      "file:///x.js:1\n  throw new TypeError('no');\n  ^\n\nTypeError: no such voice\n    at x.js:1:1 {\n  code: 'A'\n}\n\nNode.js v20.20.2\n",
    );
    const silent = await tailOf('');

    expect(native.tail.lastWords).toBe('bad magic number');
    expect(thrown.tail.lastWords).toBe('TypeError: no such voice');
    expect(silent.tail.lastWords).toBeUndefined();
  });
});
