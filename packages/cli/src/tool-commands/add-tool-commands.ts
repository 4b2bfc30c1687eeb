import type { Command } from 'commander';
import { jsonOption } from '../json-option.js';
import type { ProgramOptions } from '../program.js';

const tierOption = ['--tier <name>', 'shipped tier, auto, or path of a manifest; default: mid'] as const;

/** Commands that work with the tools of a tier, wherever they run. */
export function addToolCommands(program: Command, { run }: Pick<ProgramOptions, 'run'>): void {
  const tools = program
    .command('tools')
    .description('See and call the tools of a tier, and check what was written down about calls.')
    .helpCommand(false);
  tools
    .command('list')
    .description('All tools on offer: what they change, whether they may, and where they run.')
    .option(...tierOption)
    .option(...jsonOption)
    .action(async (options) => {
      const { listTools } = await import('./list-tools.js');
      await run((context) => listTools(context, options));
    });
  tools
    .command('call')
    .description(
      'Call one tool, under the same policy as everybody. A tool that must be asked for is asked for here.',
    )
    .argument('<name>', 'name as in "tiercel tools list"')
    .option('--args <json>', 'arguments, a JSON object', '{}')
    .option('--yes', 'say yes beforehand, should the tool need an approval')
    .option('--language <code>', 'language that its answer should have, such as en')
    .option(...tierOption)
    .option(...jsonOption)
    .action(async (name, options) => {
      const { callTool } = await import('./call-tool.js');
      await run((context) => callTool(context, name, options));
    });
  tools
    .command('audit')
    .description('Check that nobody changed the audit log of a node, and print the hash of its last line.')
    .argument('<folder>', 'the audit folder: "audit" in DATA_DIR, unless tool-registry names another')
    .option(...jsonOption)
    .action(async (folder, options) => {
      const { checkAudit } = await import('./check-audit.js');
      await run((context) => checkAudit(context, folder, options));
    });
}
