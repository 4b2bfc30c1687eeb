import v8 from 'node:v8';

/** Whether a value can cross to another process. */
export function isCloneable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null)
    return typeof value !== 'function' && typeof value !== 'symbol';
  try {
    v8.serialize(value);
    return true;
  } catch {
    return false;
  }
}

/** What stands for a value that cannot cross. */
export function describe(value: unknown): string {
  if (typeof value === 'symbol') return value.toString();
  try {
    return Object.prototype.toString.call(value);
  } catch {
    // A revoked proxy cannot even be asked what it is.
    return '[object Unknown]';
  }
}

/** A value with a text in the place of each part that cannot cross: for what must not fail, such as a line of a log. */
export function cloneableParts(value: unknown): unknown {
  if (isCloneable(value)) return value;
  if (typeof value !== 'object' || value === null) return describe(value);
  const parts: Record<string, unknown> = {};
  for (const key of keysOf(value)) {
    try {
      const part = (value as Record<string, unknown>)[key];
      parts[key] = isCloneable(part) ? part : describe(part);
    } catch (error) {
      parts[key] = `[${String(error)}]`;
    }
  }
  return parts;
}

function keysOf(value: object): readonly string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}
