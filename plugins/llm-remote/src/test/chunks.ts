/** Events of a chat stream as the protocol has them. */

export function event(fields: object): string {
  const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'lighthouse' };
  return `data: ${JSON.stringify({ ...base, ...fields })}\n\n`;
}

export function delta(fields: object): string {
  return event({ choices: [{ index: 0, delta: fields, finish_reason: null }] });
}

export const role = delta({ role: 'assistant', content: '' });

export function text(content: string): string {
  return delta({ content });
}

export function finish(reason = 'stop'): string {
  return event({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
}

export const usage = event({
  choices: [],
  usage: {
    prompt_tokens: 9,
    completion_tokens: 3,
    total_tokens: 12,
    prompt_tokens_details: { cached_tokens: 8 },
  },
});

export const done = 'data: [DONE]\n\n';

/** A whole answer that says these. */
export function answer(...texts: readonly string[]): string {
  return [role, ...texts.map(text), finish(), usage, done].join('');
}
