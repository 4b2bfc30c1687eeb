import { Command, InvalidArgumentError } from 'commander';
import { addDiscoverCommand } from './discover-command/add-discover-command.js';
import { jsonOption } from './json-option.js';
import { outputTo } from './output-to.js';
import { addPlanCommands } from './plan-commands/add-plan-commands.js';
import { addPluginCommands } from './plugin-commands/add-plugin-commands.js';
import type { RunnableCommand } from './run-command.js';
import type { Terminal } from './terminal.js';
import { addToolCommands } from './tool-commands/add-tool-commands.js';
import { VERSION } from './version.js';
import { addWorldCommands } from './world-commands/add-world-commands.js';

export interface ProgramOptions {
  readonly terminal: Terminal;
  readonly run: (command: RunnableCommand) => Promise<void>;
}

const tierOption = [
  '--tier <name>',
  'shipped tier (edge, mid, core), auto to measure, or path of a manifest; default: mid',
] as const;

const languageOption = '--language <code>';

/** A path that names something. */
function parsePath(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('A path is empty.');
  return value;
}

function parsePaths(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, parsePath(value)];
}

function parseCount(value: string): number {
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Write a whole number above 0.');
}

function parseTemperature(value: string): number {
  if (/^\d(\.\d+)?$/.test(value) && Number(value) <= 2) return Number(value);
  throw new InvalidArgumentError('Write a number from 0 to 2.');
}

/** What recognisers know languages by: `en` of `EN` or `en-US`. */
function parseLanguage(value: string): string {
  try {
    return new Intl.Locale(value).language;
  } catch {
    throw new InvalidArgumentError('Write a code such as en or de.');
  }
}

/** The command line. Each command is imported when it is used. */
export function createProgram({ terminal, run }: ProgramOptions): Command {
  const program = new Command('tiercel')
    .description('A voice assistant made of plugins, from a small box to a cluster.')
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'show this text')
    .helpCommand(false)
    .option('--debug', 'show stack traces and a detailed log')
    .exitOverride()
    .configureOutput({
      ...outputTo(terminal),
      getOutHelpWidth: () => Math.min(terminal.columns, 110),
      getErrHelpWidth: () => Math.min(terminal.columns, 110),
    })
    .addHelpText(
      'after',
      `
Examples:
  $ tiercel talk                                   type to the assistant
  $ tiercel talk --mic                             speak with it
  $ tiercel talk --input lamp.wav --output out.wav replay a recording, keep the conversation
  $ tiercel say "Good morning." --output hello.wav
  $ tiercel transcribe lamp.wav
  $ tiercel check house.yaml
  $ tiercel model ask "What is the capital of France?" --stream
  $ tiercel tools call calculate --args '{"expression": "2 + 2"}'
  $ tiercel world get device --url http://127.0.0.1:5678
  $ tiercel why language-model --tier house.yaml

Exit codes: 0 done, 2 manifest, configuration, usage or input file, 3 a required plugin did not start,
4 stopped late, 1 anything else.`,
    );

  program
    .command('talk')
    .description('Hold a conversation: typed, spoken, or replayed from recordings.')
    .option('--input <file...>', 'WAV files to say, one turn each', parsePaths)
    .option('--mic', 'listen to the microphone and answer through the loudspeaker, until Ctrl+C')
    .option('--text [sentence...]', 'typed turns; without sentences they are read from standard input')
    .option('--output <file>', 'write both sides of the conversation to this WAV file', parsePath)
    .option(languageOption, 'language of the conversation, such as en', parseLanguage)
    .option(...tierOption)
    .option(...jsonOption)
    .action(async (options) => {
      const { talk } = await import('./commands/talk.js');
      await run((context) => talk(context, options));
    });

  program
    .command('say')
    .description('Speak a text: into a WAV file, or on the loudspeaker without --output.')
    .argument('<text...>', 'what to say')
    .option('--output <file>', 'WAV file to write', parsePath)
    .option(...tierOption)
    .option(...jsonOption)
    .action(async (text, options) => {
      const { say } = await import('./commands/say.js');
      await run((context) => say(context, text.join(' '), options));
    });

  program
    .command('transcribe')
    .description(
      'Write down what is said in WAV files, one line each; with several files, after their names.',
    )
    .argument('<file...>', 'WAV files of any rate, mono or stereo')
    .option(languageOption, 'language that is spoken, such as de', parseLanguage)
    .option(...tierOption)
    .option(...jsonOption)
    .action(async (files, options) => {
      const { transcribe } = await import('./commands/transcribe.js');
      await run((context) => transcribe(context, files, options));
    });

  addPlanCommands(program, { run });

  program
    .command('start')
    .description(
      'Run a node until it is told to stop (SIGINT or SIGTERM; a second one ends it at once). SIGHUP reads its manifest anew.',
    )
    .option(...tierOption)
    .option('--locked [file]', 'refuse whatever differs from a lock; default: NAME.lock beside the manifest')
    .action(async (options) => {
      const { start } = await import('./commands/start.js');
      await run((context) => start(context, options));
    });

  const model = program.command('model').description('Talk to the language model alone.').helpCommand(false);
  model
    .command('ask')
    .description('Ask the language model of a tier one question, without tools and without memory.')
    .argument('[text...]', 'the question; without it, standard input is read to its end')
    .option('--stream', 'print the answer as it is written')
    .option('--system <text>', 'what the model is told before')
    .option('--schema <file>', 'JSON Schema that the answer must fit', parsePath)
    .option('--max-tokens <count>', 'longest answer', parseCount)
    .option('--temperature <number>', 'how freely it chooses its words, 0 to 2', parseTemperature)
    .option(...tierOption)
    .option(...jsonOption)
    .action(async (text, options) => {
      const { askModel } = await import('./commands/ask-model.js');
      await run((context) => askModel(context, text.join(' '), options));
    });

  addToolCommands(program, { run });
  addWorldCommands(program, { run });
  addDiscoverCommand(program, { run });

  const models = program
    .command('models')
    .description('See, download and check model files.')
    .helpCommand(false);
  models
    .command('list')
    .description('All models of the catalogue and whether they are here.')
    .option(...jsonOption)
    .action(async (options) => {
      const { listModels } = await import('./commands/models.js');
      await run((context) => listModels(context, options));
    });
  models
    .command('pull')
    .description('Download a model; goes on where an earlier download stopped.')
    .argument('<name>', 'name as in "tiercel models list"')
    .option(...jsonOption)
    .action(async (name, options) => {
      const { pullModel } = await import('./commands/models.js');
      await run((context) => pullModel(context, name, options));
    });
  models
    .command('verify')
    .description('Read every file of the models and compare it with the catalogue.')
    .argument('[name...]', 'names as in "tiercel models list"; default: all that are here')
    .option(...jsonOption)
    .action(async (names, options) => {
      const { verifyModels } = await import('./commands/models.js');
      await run((context) => verifyModels(context, names, options));
    });

  addPluginCommands(program, { run });
  return program;
}
