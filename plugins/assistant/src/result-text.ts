import type { ModelMessage } from '@tiercel/capabilities/language-model';
import type { ToolResult } from '@tiercel/capabilities/tool-provider';

/** Shorter results are not cut any more: what is left would say nothing. */
const MIN_LENGTH = 200;

/** What the model gets to read of a result. */
export function resultText({ content }: ToolResult): string {
  return typeof content === 'string' ? content : (JSON.stringify(content) ?? 'null');
}

/** Halves the longest tool result among `messages`, in place: its beginning and its end stay. `false` if all are short. */
export function shortenLongestResult(messages: ModelMessage[]): boolean {
  let longest = -1;
  let length = MIN_LENGTH;
  for (const [index, { role, text }] of messages.entries()) {
    if (role !== 'tool' || text.length <= length) continue;
    longest = index;
    length = text.length;
  }
  const message = messages[longest];
  if (message?.role !== 'tool') return false;
  messages[longest] = { ...message, text: keepEnds(message.text, Math.floor(length / 2)) };
  return true;
}

function keepEnds(text: string, length: number): string {
  const marker = '\n[…]\n';
  const head = Math.ceil((length - marker.length) * 0.75);
  const tail = length - marker.length - head;
  return `${wellFormed(text.slice(0, head))}${marker}${wellFormed(text.slice(text.length - tail))}`;
}

/** Without halves of surrogate pairs at the cut. */
function wellFormed(text: string): string {
  return text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '');
}
