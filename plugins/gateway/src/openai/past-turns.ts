import type { PastTurn } from '@tiercel/capabilities/assistant';
import type { ModelMessage } from '@tiercel/capabilities/language-model';

/** A request to the assistant: what is said now, and the turns before it. */
export interface Spoken {
  readonly text: string;
  readonly history: readonly PastTurn[];
}

/**
 * The messages as turns; `undefined` when the last one is not of the user. The assistant has its own system prompt and its
 * own tools, so messages about those are passed over.
 */
export function spokenIn(messages: readonly ModelMessage[]): Spoken | undefined {
  const turns: { heard: string[]; said: string[] }[] = [];
  let latest: 'user' | 'assistant' | undefined;
  for (const { role, text } of messages) {
    if (role === 'user') {
      if (latest !== 'user') turns.push({ heard: [], said: [] });
      turns.at(-1)?.heard.push(text);
    } else if (role === 'assistant' && text !== '') turns.at(-1)?.said.push(text);
    if (role === 'user' || role === 'assistant') latest = role;
  }
  const now = turns.pop();
  if (!now || latest !== 'user') return undefined;
  return {
    text: now.heard.join('\n'),
    history: turns.map(({ heard, said }) => ({ heard: heard.join('\n'), playout: said.join('\n') })),
  };
}
