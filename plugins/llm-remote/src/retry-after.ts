import type { IncomingHttpHeaders } from 'node:http';

/**
 * How long a server asks to be left alone: `retry-after-ms`, else `Retry-After` in seconds or as a date. Absent, or as
 * good as, when it says nothing that makes sense.
 */
export function retryAfterMs(headers: IncomingHttpHeaders, epochMs: number): number | undefined {
  const exact = headers['retry-after-ms'];
  if (typeof exact === 'string' && isNumber(exact)) return Number(exact);
  const { 'retry-after': text } = headers;
  if (text === undefined) return undefined;
  if (isNumber(text)) return Number(text) * 1000;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - epochMs);
}

function isNumber(text: string): boolean {
  return /^\s*\d{1,15}(?:\.\d+)?\s*$/.test(text);
}
