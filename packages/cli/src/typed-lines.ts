import { createInterface } from 'node:readline';
import type { Terminal } from './terminal.js';

export interface TypedLinesOptions {
  readonly signal: AbortSignal;
}

/** What a person types at a prompt, or a program sends through a pipe: one line each, empty ones left out. */
export async function* typedLines(
  terminal: Terminal,
  { signal }: TypedLinesOptions,
): AsyncGenerator<string, void, undefined> {
  const isPrompted = terminal.isInputTty && terminal.isNoteTty;
  const lines = createInterface({
    input: terminal.stdin,
    ...(isPrompted && { output: process.stderr, prompt: '> ', terminal: true }),
  });
  const close = () => lines.close();
  // At a prompt the line editor sees Ctrl+C before the process does.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  signal.addEventListener('abort', close, { once: true });
  try {
    if (isPrompted) lines.prompt();
    for await (const line of lines) {
      if (line.trim() !== '') yield line.trim();
      if (isPrompted && !signal.aborted) lines.prompt();
    }
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', close);
    lines.close();
  }
}
