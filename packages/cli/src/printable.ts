/**
 * A text from outside (somebody's words, a model's, a tool's) as one line that cannot move the cursor of a terminal, change
 * its title or hide what stands there.
 */
export function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
