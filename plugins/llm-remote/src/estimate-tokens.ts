import type { ModelRequest } from '@tiercel/capabilities/language-model';

/** Tokens that templates spend on each message. */
const MESSAGE_OVERHEAD = 4;
const BYTES_PER_TOKEN = 4;

/** About as many tokens as common vocabularies make of `text`. */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

export function estimatePromptTokens({ messages, tools = [], toolChoice }: ModelRequest): number {
  const offered = toolChoice === 'none' ? [] : tools;
  const inMessages = messages.map((message) => {
    const calls = message.role === 'assistant' ? (message.toolCalls ?? []) : [];
    const written = calls.map(({ name, args }) => `${name}${JSON.stringify(args)}`).join('');
    return estimateTokens(message.text + written) + MESSAGE_OVERHEAD;
  });
  const inTools = offered.map((tool) => estimateTokens(JSON.stringify(tool)));
  return [...inMessages, ...inTools].reduce((sum, tokens) => sum + tokens, 0);
}
