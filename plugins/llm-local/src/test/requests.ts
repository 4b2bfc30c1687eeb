import type { ModelRequest } from '@tiercel/capabilities/language-model';

export function ask(text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { messages: [{ role: 'user', text }], maxTokens: 4, ...more };
}

/** A text of `count` tokens: in the vocabulary of the random models a digit is one. */
export function digits(count: number, seed = 0): string {
  return Array.from({ length: count }, (_, i) => (i * 7 + seed) % 10).join('');
}
