const MAX_DEPTH = 24;
const MAX_PARTS = 1_000;
const MAX_CHARACTERS = 48_000;

export interface SchemaSize {
  /** Values in it, on all levels. */
  readonly parts: number;
  readonly isTooLarge: boolean;
}

/** How large a schema of a stranger is. Stops as soon as a bound is passed. */
export function measureSchema(schema: unknown): SchemaSize {
  let parts = 0;
  let characters = 0;
  const fits = (value: unknown, depth: number): boolean => {
    parts += 1;
    if (typeof value === 'string') characters += value.length;
    if (depth > MAX_DEPTH || parts > MAX_PARTS || characters > MAX_CHARACTERS) return false;
    if (typeof value !== 'object' || value === null) return true;
    return Object.entries(value).every(([key, member]) => {
      characters += key.length;
      return fits(member, depth + 1);
    });
  };
  const isTooLarge = !fits(schema, 0);
  return { parts, isTooLarge };
}
