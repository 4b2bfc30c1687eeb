import type { FileHandle } from 'node:fs/promises';
import type { Absence, Jail } from './jail.js';

export interface TextPage {
  readonly text: string;
  /** Of the first byte of `text`. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** There is more: ask again with this as `offset`. */
  readonly nextOffset?: number;
}

const NOT_TEXT = 'it is not a text file';

/** At most `maxBytes` of a text file from a byte `offset` on, cut between characters. */
export async function readText(
  jail: Jail,
  relative: string,
  { offset, maxBytes }: { readonly offset: number; readonly maxBytes: number },
): Promise<TextPage | Absence> {
  const file = await jail.open(relative, 'file');
  if ('finding' in file) return file;
  await using opened = file;
  const { handle, sizeBytes } = opened;
  const bytes = await readBytes(handle, offset, maxBytes);
  if (bytes.includes(0)) return { finding: NOT_TEXT };
  const start = offset === 0 ? 0 : startOfWhole(bytes);
  const end = offset + bytes.length < sizeBytes ? endOfWhole(bytes) : bytes.length;
  const whole = bytes.subarray(start, end);
  const nextOffset = offset + end;
  return {
    text: decode(whole),
    offset: offset + start,
    sizeBytes,
    ...(nextOffset < sizeBytes && end > 0 && { nextOffset }),
  };
}

/** Reads until `maxBytes` or the end: one read may give less than there is. */
export async function readBytes(handle: FileHandle, offset: number, maxBytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(maxBytes);
  let length = 0;
  while (length < maxBytes) {
    const { bytesRead } = await handle.read(buffer, length, maxBytes - length, offset + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

/** Bytes that are no UTF-8 become U+FFFD. */
export function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes);
}

/** Where the last character that is complete ends. */
function endOfWhole(bytes: Buffer): number {
  let start = bytes.length - 1;
  while (start > 0 && bytes.length - start < 4 && isContinuation(bytes[start])) start -= 1;
  const lead = bytes[start] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return start > 0 && start + length > bytes.length ? start : bytes.length;
}

function startOfWhole(bytes: Buffer): number {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start])) start += 1;
  return start;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
