import { Command, CommanderError } from 'commander';
import { processTerminal, type Terminal } from '../terminal.js';

/** The command line of the demo. Says what the process should end with; never throws. */
export async function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let exitCode = 0;
  const isDebug = args.includes('--debug');
  const program = new Command('tiercel-demo')
    .description('A whole conversation with real models and recorded voices, explained turn by turn.')
    .argument('[file...]', 'WAV files to say instead of the recordings that ship with Tiercel')
    .option('--mic', 'speak yourself, until Ctrl+C')
    .option('--output <file>', 'WAV file for both sides of the conversation', './out/conversation.wav')
    .option('--tier <name>', 'shipped tier (edge, mid, core) or path of a manifest; default: mid')
    .option('--no-play', 'do not play the conversation at the end')
    .option('--json', 'print exactly one JSON document, and nothing else, on standard output')
    .option('--debug', 'show stack traces and a detailed log')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text),
      outputError: () => undefined,
    })
    .action(async (files, options) => {
      const { runCommand } = await import('../run-command.js');
      const { demo } = await import('./demo.js');
      exitCode = await runCommand((context) => demo(context, files, options), { terminal, isDebug });
    });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { reportFailure } = await import('../report-failure.js');
    return reportFailure(error, { args, terminal, isDebug, command: 'npm run demo --' });
  }
}
