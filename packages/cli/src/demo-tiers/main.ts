import { runDemo } from '../demo/run-demo.js';
import { processTerminal, type Terminal } from '../terminal.js';

/** The command line of the demo with two nodes. Says what the process should end with; never throws. */
export function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  return runDemo(args, terminal, {
    command: 'npm run demo:tiers --',
    description:
      'A conversation of an edge whose model and tools are on a core, in another process. The core is killed, and comes back.',
    define: (program, run) =>
      program
        .option('--edge <name>', 'shipped tier or path of a manifest for the edge', 'edge')
        .option('--core <name>', 'shipped tier or path of a manifest for the core', 'core')
        .option(
          '--output <file>',
          'WAV file for both sides of the conversation',
          './out/conversation-tiers.wav',
        )
        .action(async (options) => {
          const { demoTiers } = await import('./demo-tiers.js');
          await run((context) => demoTiers(context, options));
        }),
  });
}
