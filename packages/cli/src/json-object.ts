export type JsonObject = Readonly<Record<string, unknown>>;

/** The object that a text holds, or what is wrong with it: half a sentence about the text. */
export function parseJsonObject(text: string): { readonly value: JsonObject } | { readonly finding: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return { finding: `it is not JSON (${cause instanceof Error ? cause.message : String(cause)})` };
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return { value: value as JsonObject };
  return { finding: 'it is JSON, but not an object' };
}
