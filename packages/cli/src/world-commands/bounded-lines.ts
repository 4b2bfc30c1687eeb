import { createReadStream } from 'node:fs';

export interface NumberedLine {
  /** From 1. */
  readonly number: number;
  /** Undefined where the line is longer than it may be. */
  readonly text: string | undefined;
}

const NEWLINE = 0x0a;

/** Lines of a file, of which none is ever held that is longer than `maxBytes`. */
export async function* boundedLines(
  file: string,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
): AsyncGenerator<NumberedLine, void, undefined> {
  let number = 1;
  let parts: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer) => {
    bytes += part.length;
    if (bytes <= maxBytes) parts.push(part);
    else parts = [];
  };
  const finish = (): NumberedLine => {
    const text = bytes > maxBytes ? undefined : Buffer.concat(parts).toString('utf8').replace(/\r$/, '');
    [parts, bytes] = [[], 0];
    return { number: number++, text };
  };
  for await (const chunk of createReadStream(file, { signal })) {
    const buffer: Buffer = chunk;
    let start = 0;
    for (let end = buffer.indexOf(NEWLINE); end >= 0; end = buffer.indexOf(NEWLINE, start)) {
      take(buffer.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    take(buffer.subarray(start));
  }
  if (bytes > 0) yield finish();
}
