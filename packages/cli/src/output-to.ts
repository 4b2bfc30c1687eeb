import type { OutputConfiguration } from 'commander';
import type { Terminal } from './terminal.js';

/** Where the parser of the command line writes. Its errors are reported like all others, and not by itself. */
export function outputTo(terminal: Pick<Terminal, 'print' | 'note'>): OutputConfiguration {
  return {
    writeOut: (text) => terminal.print(text.trimEnd()),
    writeErr: (text) => terminal.note(text),
    outputError: () => undefined,
  };
}
