const MAX_LINES = 2_000;

/**
 * Text of at most `maxBytes` as UTF-8 and 2,000 lines. Of a longer one the beginning and the end are kept, with a mark between
 * them that says how much is missing. Characters stay whole.
 */
export function capText(text: string, maxBytes: number): string {
  const bytes = Buffer.byteLength(text);
  return bytes <= maxBytes && !hasTooManyLines(text) ? text : joinEnds(text, text, bytes, maxBytes);
}

/**
 * The same for a text of `totalBytes` of which only both ends are at hand: each as long as `maxBytes`, or the whole.
 */
export function joinEnds(beginning: string, end: string, totalBytes: number, maxBytes: number): string {
  const room = maxBytes - mark(totalBytes).length;
  if (room <= 0) return firstBytes(beginning, maxBytes);
  const head = firstLines(firstBytes(beginning, Math.ceil(room / 2)), MAX_LINES / 2);
  const tail = lastLines(lastBytes(end, Math.floor(room / 2)), MAX_LINES / 2);
  return head + mark(totalBytes - Buffer.byteLength(head) - Buffer.byteLength(tail)) + tail;
}

function mark(missingBytes: number): string {
  return `\n[... ${missingBytes} bytes left out ...]\n`;
}

function hasTooManyLines(text: string): boolean {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    lines += 1;
    if (lines > MAX_LINES) return true;
  }
  return false;
}

function firstBytes(text: string, maxBytes: number): string {
  // No character has less than one byte per unit of `length`.
  const bytes = Buffer.from(text.slice(0, maxBytes));
  if (bytes.length <= maxBytes) return bytes.toString();
  let end = maxBytes;
  while (end > 0 && isContinuation(bytes[end])) end -= 1;
  return bytes.subarray(0, end).toString();
}

function lastBytes(text: string, maxBytes: number): string {
  if (maxBytes <= 0) return '';
  const bytes = Buffer.from(text.slice(-maxBytes));
  let start = Math.max(0, bytes.length - maxBytes);
  while (start < bytes.length && isContinuation(bytes[start])) start += 1;
  return bytes.subarray(start).toString();
}

function firstLines(text: string, maxLines: number): string {
  let end = -1;
  for (let line = 0; line < maxLines; line++) {
    end = text.indexOf('\n', end + 1);
    if (end === -1) return text;
  }
  return text.slice(0, end);
}

function lastLines(text: string, maxLines: number): string {
  let start = text.length;
  for (let line = 0; line < maxLines; line++) {
    start = start === 0 ? -1 : text.lastIndexOf('\n', start - 1);
    if (start === -1) return text;
  }
  return text.slice(start + 1);
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
