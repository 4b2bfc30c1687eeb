import { createInterface } from 'node:readline';
import { Prompt } from './prompt.js';
import type { Terminal } from './terminal.js';

export interface TypedLinesOptions {
  readonly signal: AbortSignal;
  /** What Ctrl+C at the prompt does. Default: a SIGINT for this process. */
  readonly onInterrupt?: () => void;
}

/** What a person types at a prompt, or a program sends through a pipe: one line each, empty ones left out. */
export function typedLines(
  terminal: Terminal,
  options: TypedLinesOptions,
): AsyncGenerator<string, void, undefined> {
  return isPrompted(terminal) ? promptedLines(terminal, options) : pipedLines(terminal, options);
}

/** Whether somebody types here who sees what is written. */
export function isPrompted({ isInputTty, isNoteTty }: Terminal): boolean {
  return isInputTty && isNoteTty;
}

async function* promptedLines(
  terminal: Terminal,
  { signal, onInterrupt = () => process.kill(process.pid, 'SIGINT') }: TypedLinesOptions,
): AsyncGenerator<string, void, undefined> {
  signal.throwIfAborted();
  using prompt = new Prompt(terminal, { onInterrupt });
  const stop = () => prompt[Symbol.dispose]();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for (let line = await prompt.next(); line !== undefined; line = await prompt.next()) {
      signal.throwIfAborted();
      yield line;
    }
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function* pipedLines(
  terminal: Terminal,
  { signal }: TypedLinesOptions,
): AsyncGenerator<string, void, undefined> {
  const lines = createInterface({ input: terminal.stdin });
  const close = () => lines.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    for await (const line of lines) {
      if (line.trim() !== '') yield line.trim();
    }
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', close);
    lines.close();
  }
}
