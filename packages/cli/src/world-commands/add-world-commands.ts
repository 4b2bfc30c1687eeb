import { type Command, InvalidArgumentError } from 'commander';
import { jsonOption } from '../json-option.js';
import type { ProgramOptions } from '../program.js';
import { parseDuration } from './parse-duration.js';

const tierOption = ['--tier <name>', 'shipped tier, auto, or path of a manifest; default: mid'] as const;
const prefixArgument = [
  '[prefix]',
  'key, or its beginning up to a slash, such as device/hall-lamp; default: everything',
] as const;
const keyArgument = ['<key>', 'such as device/hall-lamp/state'] as const;
const jsonLinesOption = ['--json', 'print one JSON document in each line, and nothing else'] as const;

/** Commands that work with a world model: that of a tier, which they start, or that of a node that runs. */
export function addWorldCommands(program: Command, { run }: Pick<ProgramOptions, 'run'>): void {
  const world = program
    .command('world')
    .description('Read, change and follow a world model: what is known about devices, timers and nodes.')
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Without --url the tier is started, and nothing else of it. With --url a running node is asked, which knows you by the key in
WORLD_MODEL_API_KEY.

Examples:
  $ tiercel world get device/hall-lamp --url http://127.0.0.1:5678
  $ tiercel world set device/hall-lamp/state on --url http://127.0.0.1:5678
  $ tiercel world export --output house.jsonl --tier core`,
    );
  const add = (name: string, description: string) =>
    world
      .command(name)
      .description(description)
      .option(...tierOption)
      .option('--url <url>', 'ask this running node, such as http://127.0.0.1:5678', parseUrl);

  add('get', 'Print one value, or the values below a key.')
    .argument('<key>', 'key, or its beginning up to a slash')
    .option(...jsonOption)
    .action(async (key, options) => {
      const { getEntries } = await import('./get-entries.js');
      await run((context) => getEntries(context, key, options));
    });
  add('set', 'Write a value: JSON, or text where it is none.')
    .argument(...keyArgument)
    .argument('<value>', 'such as on, 21.5, true or \'{"mode":"eco"}\'; \'"21"\' is text')
    .option('--ttl <duration>', 'forget it again after so long, such as 90s, 15m or 2h', toDuration)
    .option(
      '--base <revision>',
      'only if the entry still has this revision; 0: only if there is none',
      toCount,
    )
    .option(...jsonOption)
    .action(async (key, value, options) => {
      const { setEntry } = await import('./set-entry.js');
      await run((context) => setEntry(context, key, value, options));
    });
  add('forget', 'Remove an entry.')
    .argument(...keyArgument)
    .option('--base <revision>', 'only if the entry still has this revision', toCount)
    .option(...jsonOption)
    .action(async (key, options) => {
      const { forgetEntry } = await import('./forget-entry.js');
      await run((context) => forgetEntry(context, key, options));
    });
  add('watch', 'Print each change as it happens, until Ctrl+C.')
    .argument(...prefixArgument)
    .option('--after <revision>', 'begin with what changed after this revision; default: now', toCount)
    .option(...jsonLinesOption)
    .action(async (prefix, options) => {
      const { watchWorld } = await import('./watch-world.js');
      await run((context) => watchWorld(context, prefix, options));
    });
  add('history', 'Print what has changed, oldest first, as far back as it is remembered.')
    .argument(...prefixArgument)
    .option('--after <revision>', 'begin after this revision', toCount)
    .option('--limit <count>', 'print at most so many changes', toLimit)
    .option(...jsonOption)
    .action(async (prefix, options) => {
      const { showHistory } = await import('./show-history.js');
      await run((context) => showHistory(context, prefix, options));
    });
  add('snapshot', 'Print all entries with their facts.')
    .argument(...prefixArgument)
    .option(...jsonOption)
    .action(async (prefix, options) => {
      const { showSnapshot } = await import('./show-snapshot.js');
      await run((context) => showSnapshot(context, prefix, options));
    });
  add('export', 'Write all entries with their times, one JSON document in each line.')
    .argument(...prefixArgument)
    .option('--output <file>', 'file to write; default: standard output')
    .action(async (prefix, options) => {
      const { exportWorld } = await import('./export-world.js');
      await run((context) => exportWorld(context, prefix, options));
    });
  add(
    'import',
    'Write what export wrote. What is known already, or known better, stays as it is, so a file may be imported twice.',
  )
    .argument(
      '<file>',
      'a JSON document in each line: key, value, and origin, timeMs, hlc, ttlMs where they are known',
    )
    .option(...jsonOption)
    .action(async (file, options) => {
      const { importWorld } = await import('./import-world.js');
      await run((context) => importWorld(context, file, options));
    });
}

/** Base of the routes, without a slash at its end. */
function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBase = url && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  if (!isBase || url.username !== '' || url.password !== '')
    throw new InvalidArgumentError(
      'Write http:// or https://, a host and a port. Keys go into WORLD_MODEL_API_KEY.',
    );
  return url.href.replace(/\/+$/, '');
}

function toCount(text: string): number {
  const count = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('Write a whole number.');
}

function toLimit(text: string): number {
  const limit = toCount(text);
  if (limit >= 1 && limit <= 1_000) return limit;
  throw new InvalidArgumentError('Write a whole number from 1 to 1000.');
}

function toDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('Write a number with its unit: 500ms, 90s, 15m, 2h or 7d.');
}
