import { createHash } from 'node:crypto';

/** SHA-256 of a value as JSON with sorted keys, in lower-case hex digits: equal values have equal fingerprints. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
  }
  // What JSON cannot hold, such as the mark of a value that a manifest takes away, is nothing.
  return JSON.stringify(value) ?? 'null';
}
