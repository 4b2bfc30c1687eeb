import { processTerminal, type Terminal } from '../terminal.js';
import { runDemo } from './run-demo.js';

/** The command line of the demo. Says what the process should end with; never throws. */
export function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  return runDemo(args, terminal, {
    command: 'npm run demo --',
    description: 'A whole conversation with real models and recorded voices, explained turn by turn.',
    define: (program, run) =>
      program
        .argument('[file...]', 'WAV files to say instead of the recordings that ship with Tiercel')
        .option('--mic', 'speak yourself, until Ctrl+C')
        .option('--output <file>', 'WAV file for both sides of the conversation', './out/conversation.wav')
        .option('--tier <name>', 'shipped tier (edge, mid, core) or path of a manifest; default: mid')
        .option('--no-play', 'do not play the conversation at the end')
        .action(async (files, options) => {
          const { demo } = await import('./demo.js');
          await run((context) => demo(context, files, options));
        }),
  });
}
