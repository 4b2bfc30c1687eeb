/**
 * Text of at most `maxBytes` as UTF-8. Of a longer one the beginning and the end are kept, with a mark between them that
 * says how much is missing. Characters stay whole.
 */
export function capText(text: string, maxBytes: number): string {
  // No character has less than one byte per unit of `length` or more than three.
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  const longestMark = mark(bytes.length).length;
  const room = maxBytes - longestMark;
  if (room <= 0) return bytes.subarray(0, startOfCharacter(bytes, maxBytes)).toString();
  const headEnd = startOfCharacter(bytes, Math.ceil(room / 2));
  const tailStart = nextCharacter(bytes, bytes.length - Math.floor(room / 2));
  const head = bytes.subarray(0, headEnd).toString();
  const tail = bytes.subarray(tailStart).toString();
  return head + mark(tailStart - headEnd) + tail;
}

function mark(missingBytes: number): string {
  return `\n[... ${missingBytes} bytes left out ...]\n`;
}

function startOfCharacter(bytes: Buffer, place: number): number {
  let start = place;
  while (start > 0 && isContinuation(bytes[start])) start -= 1;
  return start;
}

function nextCharacter(bytes: Buffer, place: number): number {
  let start = place;
  while (start < bytes.length && isContinuation(bytes[start])) start += 1;
  return start;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
