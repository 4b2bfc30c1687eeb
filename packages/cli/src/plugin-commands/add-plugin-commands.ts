import type { Command } from 'commander';
import { jsonOption } from '../json-option.js';
import type { ProgramOptions } from '../program.js';

/** `tiercel plugin …`: for those who write plugins. */
export function addPluginCommands(program: Command, { run }: Pick<ProgramOptions, 'run'>): void {
  const plugin = program
    .command('plugin')
    .description('Write plugins: start a new one, and state what one declares.')
    .helpCommand(false);
  plugin
    .command('build')
    .description('Write what plugins declare into the file that planning reads (tiercel.plugin.json).')
    .argument('[path...]', 'folders of packages, or built modules; default: this folder')
    .option('--check', 'write nothing, and fail where a file is missing or says something else than the code')
    .option(...jsonOption)
    .action(async (paths, options) => {
      const { buildPlugin } = await import('./build-plugin.js');
      await run((context) => buildPlugin(context, paths, options));
    });
  plugin
    .command('new')
    .description('Start a package with a small working provider of a capability and its contract suite.')
    .argument('<name>', 'name of the package, such as @you/morse-voice')
    .requiredOption('--capability <id>', 'what it provides, such as text-to-speech')
    .option('--directory <dir>', 'folder to make; default: the name without its scope')
    .option(
      '--contract-from <package>',
      'installed package that exports the capability; its members are left for you to write',
    )
    .option(...jsonOption)
    .action(async (name, options) => {
      const { newPlugin } = await import('./new-plugin.js');
      await run((context) => newPlugin(context, name, options));
    });
}
