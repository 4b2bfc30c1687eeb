import type { WorldEntry, WorldRecord } from '@tiercel/capabilities/world-model';
import { printable } from '../printable.js';

const MAX_CHARACTERS = 120;

/** A value in one line, for people: text as it is where that cannot be mistaken for something else. */
export function describeValue(value: unknown): string {
  const json = JSON.stringify(value);
  const text = typeof value === 'string' && isPlain(value) ? value : printable(json);
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}

/** Who said it and when, and what is to be known about it. */
export function describeFacts({ revision, origin, timeMs, ttlMs, isPending, isStale }: WorldEntry): string {
  const facts = [`revision ${revision}`, `by ${printable(origin)}`, describeTime(timeMs)];
  if (ttlMs !== undefined) facts.push(`until ${describeTime(timeMs + ttlMs)}`);
  if (isPending) facts.push('not confirmed yet');
  if (isStale) facts.push('the last that is known here');
  return facts.join(', ');
}

export function describeRecord(record: WorldRecord): string {
  if (record.type === 'entry-put') {
    const { entry } = record;
    return `${entry.key}  ${describeValue(entry.value)}  (${describeFacts(entry)})`;
  }
  const { key, revision, origin, timeMs } = record;
  return `${key}  forgotten  (revision ${revision}, by ${printable(origin)}, ${describeTime(timeMs)})`;
}

/** Times come from other machines, and may lie beyond what a calendar has. */
function describeTime(epochMs: number): string {
  const time = new Date(epochMs);
  return Number.isNaN(time.getTime()) ? `${epochMs} ms` : time.toISOString().replace(/\.\d+Z$/, 'Z');
}

function isPlain(text: string): boolean {
  if (text === '' || text.trim() !== text || printable(text) !== text) return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}
