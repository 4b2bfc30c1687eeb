import { Command, CommanderError } from 'commander';
import { outputTo } from '../output-to.js';
import { type RunnableCommand, runCommand } from '../run-command.js';
import type { Terminal } from '../terminal.js';

export interface DemoFrame {
  /** How a person started it, for messages. */
  readonly command: string;
  readonly description: string;
  /** Adds arguments and an action, which hands what it does to `run`. */
  readonly define: (program: Command, run: (command: RunnableCommand) => Promise<void>) => void;
}

/** Runs the command line of a demo. Says what the process should end with; never throws. */
export async function runDemo(
  args: readonly string[],
  terminal: Terminal,
  { command, description, define }: DemoFrame,
): Promise<number> {
  let exitCode = 0;
  const isDebug = args.includes('--debug');
  const program = new Command(command)
    .description(description)
    .option('--json', 'print exactly one JSON document, and nothing else, on standard output')
    .option('--debug', 'show stack traces and a detailed log')
    .exitOverride()
    .configureOutput(outputTo(terminal));
  define(program, async (run) => {
    exitCode = await runCommand(run, { terminal, isDebug });
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { reportFailure } = await import('../report-failure.js');
    return reportFailure(error, { args, terminal, isDebug, command });
  }
}
