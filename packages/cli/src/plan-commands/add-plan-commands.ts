import { type Command, Option } from 'commander';
import { jsonOption } from '../json-option.js';
import type { ProgramOptions } from '../program.js';

const manifestArgument = ['[manifest]', 'shipped tier, auto, or path of a manifest; default: mid'] as const;

/** Commands that judge a deployment on paper: nothing is started, and no code of a plugin is run. */
export function addPlanCommands(program: Command, { run }: Pick<ProgramOptions, 'run'>): void {
  program
    .command('check')
    .description('Find everything that is wrong with a manifest, without starting anything.')
    .argument(...manifestArgument)
    .option(...jsonOption)
    .action(async (manifest, options) => {
      const { check } = await import('./check.js');
      await run((context) => check(context, manifest, options));
    });
  program
    .command('plan')
    .description('Show what a manifest comes to: start order, who serves whom, configuration, what fits.')
    .argument(...manifestArgument)
    .option(...jsonOption)
    .action(async (manifest, options) => {
      const { plan } = await import('./plan.js');
      await run((context) => plan(context, manifest, options));
    });
  program
    .command('why')
    .description('Explain who serves a capability and for whom, or why a plugin starts or does not.')
    .argument('<name>', 'capability, such as text-to-speech, or plugin')
    .option('--tier <name>', 'shipped tier, auto, or path of a manifest; default: mid')
    .option(...jsonOption)
    .action(async (name, options) => {
      const { why } = await import('./why.js');
      await run((context) => why(context, name, options));
    });
  program
    .command('graph')
    .description('Draw the plugins of a manifest and what they take from each other.')
    .argument(...manifestArgument)
    .addOption(
      new Option('--format <format>', 'what to draw for')
        .choices(['text', 'mermaid', 'dot', 'json'])
        .default('text'),
    )
    .option('--json', 'the same as --format json')
    .action(async (manifest, options) => {
      const { graph } = await import('./graph.js');
      await run((context) => graph(context, manifest, options));
    });
  program
    .command('lock')
    .description('Write a file that pins plugins, versions, bindings, configuration and models.')
    .argument(...manifestArgument)
    .option('--output <file>', 'file to write; default: NAME.lock beside the manifest NAME.yaml')
    .option(...jsonOption)
    .action(async (manifest, options) => {
      const { lock } = await import('./lock.js');
      await run((context) => lock(context, manifest, options));
    });
  program
    .command('diff')
    .description('Tell what starts, stops, moves and changes when one plan takes the place of another.')
    .argument('<from>', 'shipped tier, auto, path of a manifest, or lock file')
    .argument('<to>', 'the same')
    .option(...jsonOption)
    .action(async (from, to, options) => {
      const { diff } = await import('./diff.js');
      await run((context) => diff(context, from, to, options));
    });
}
