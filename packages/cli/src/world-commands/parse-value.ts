/** What somebody types for a value: JSON, and text where it is none. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
