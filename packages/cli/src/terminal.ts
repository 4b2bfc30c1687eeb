import type { Readable } from 'node:stream';
import { CliError } from './errors.js';
import { exitCodeOf } from './exit-code.js';
import { reportError } from './report-error.js';

/** What a command sees of the outside, so that tests can stand in for it. */
export interface Terminal {
  readonly stdin: Readable;
  /** Results. Everything else goes to `note`. */
  print(text: string): void;
  /** A piece of a result, as it is, without a line end added. */
  write(text: string): void;
  /** Progress, warnings and errors, as they are, without a line end added. */
  note(text: string): void;
  readonly isInputTty: boolean;
  readonly isOutputTty: boolean;
  readonly isNoteTty: boolean;
  /** Width now; it changes with the window. */
  readonly columns: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_COLUMNS = 80;

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  // Such a terminal shows the characters that would move its cursor.
  const isDumb = env['TERM'] === 'dumb';
  const terminal: Terminal = {
    stdin,
    print: (text) => void stdout.write(`${text}\n`),
    write: (text) => void stdout.write(text),
    note: (text) => void stderr.write(text),
    isInputTty: stdin.isTTY === true,
    isOutputTty: stdout.isTTY === true && !isDumb,
    isNoteTty: stderr.isTTY === true && !isDumb,
    get columns() {
      return stdout.columns || stderr.columns || DEFAULT_COLUMNS;
    },
    environment: env,
  };
  stdout.on('error', (cause: NodeJS.ErrnoException) => {
    // Whoever read our output has seen enough (`| head`), or the terminal has been closed; that is no failure.
    if (cause.code === 'EPIPE' || cause.code === 'EIO') process.exit();
    const error = new CliError('CLI_OUTPUT_FAILED', { reason: cause.code ?? cause.message }, { cause });
    reportError(error, { terminal, isJson: false, isDebug: false });
    process.exit(exitCodeOf(error));
  });
  // Nobody reads our notes any more, and there is nobody to tell.
  stderr.on('error', () => undefined);
  return terminal;
}
