import type { Readable } from 'node:stream';

/** What a command sees of the outside, so that tests can stand in for it. */
export interface Terminal {
  readonly stdin: Readable;
  /** Results. Everything else goes to `note`. */
  print(text: string): void;
  /** Progress, warnings and errors, as they are, without a line end added. */
  note(text: string): void;
  readonly isInputTty: boolean;
  readonly isOutputTty: boolean;
  readonly isNoteTty: boolean;
  readonly columns: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  // Whoever read our output has seen enough (`| head`); that is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  return {
    stdin,
    print: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(text),
    isInputTty: stdin.isTTY === true,
    isOutputTty: stdout.isTTY === true,
    isNoteTty: stderr.isTTY === true,
    columns: stdout.columns ?? 80,
    environment: env,
  };
}
