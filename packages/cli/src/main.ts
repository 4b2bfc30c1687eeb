import { CommanderError } from 'commander';
import { createProgram } from './program.js';
import { processTerminal, type Terminal } from './terminal.js';

/** Runs one command line and says what the process should end with. Never throws. */
export async function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let exitCode = 0;
  const isDebug = args.includes('--debug');
  const program = createProgram({
    terminal,
    run: async (command) => {
      // Everything heavy is behind this import, so that help costs nothing.
      const { runCommand } = await import('./run-command.js');
      exitCode = await runCommand(command, { terminal, isDebug });
    },
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { reportFailure } = await import('./report-failure.js');
    return reportFailure(error, { args, terminal, isDebug });
  }
}
