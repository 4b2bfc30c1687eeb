import { cleanEnds, cleanText } from './clean-text.js';

const MAX_PART_BYTES = 4_096;

/** Hands on parts of a result, cleaned and each at most 4 KiB, until `maxBytes` are told; the rest is dropped. */
export function boundedProgress(
  progress: (part: unknown) => void,
  maxBytes: number,
): (part: unknown) => void {
  let leftBytes = maxBytes;
  return (part) => {
    if (leftBytes <= 0) return;
    const told = boundedPart(part);
    if (told === undefined) return;
    leftBytes -= told.bytes;
    progress(told.part);
  };
}

function boundedPart(part: unknown): { readonly part: unknown; readonly bytes: number } | undefined {
  if (typeof part === 'string') {
    const text = cleanEnds(part, MAX_PART_BYTES);
    return { part: text, bytes: Buffer.byteLength(text) };
  }
  const json = toJson(part);
  if (json === undefined) return undefined;
  const bytes = Buffer.byteLength(json);
  return bytes > MAX_PART_BYTES ? undefined : { part: JSON.parse(json) as unknown, bytes };
}

/** `undefined` for what is not JSON. */
function toJson(part: unknown): string | undefined {
  try {
    return JSON.stringify(part, (_, value: unknown) =>
      typeof value === 'string' ? cleanText(value) : value,
    );
  } catch {
    return undefined;
  }
}
