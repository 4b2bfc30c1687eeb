import type { Command } from 'commander';
import { jsonOption } from '../json-option.js';
import type { ProgramOptions } from '../program.js';

/** The command that tells what consumers get to know of a service. */
export function addDiscoverCommand(program: Command, { run }: Pick<ProgramOptions, 'run'>): void {
  program
    .command('discover')
    .description('Tell where a service is, as the plugins of a tier find it.')
    .argument('<service>', 'name, such as llm, tool-server-api or world-model-api')
    .option('--tier <name>', 'shipped tier, auto, or path of a manifest; default: mid')
    .option('--watch', 'print each change, until Ctrl+C')
    .option(...jsonOption)
    .action(async (service, options) => {
      const { discoverService } = await import('./discover-service.js');
      await run((context) => discoverService(context, service, options));
    });
}
