import { CommanderError } from 'commander';
import { CliError } from './errors.js';
import { EXIT, exitCodeOf } from './exit-code.js';
import { reportError } from './report-error.js';
import type { Terminal } from './terminal.js';

export interface ReportFailureOptions {
  readonly args: readonly string[];
  readonly terminal: Terminal;
  readonly isDebug: boolean;
  /** How the command is called, if it is not `tiercel`. */
  readonly command?: string;
}

/** Tells why a command line failed, and what the process should end with. */
export function reportFailure(error: unknown, options: ReportFailureOptions): number {
  const { args, terminal, isDebug } = options;
  // A command that was given without its sub-command: its help has been shown.
  if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.refused;
  const failure = error instanceof CommanderError ? usageError(error, options) : error;
  reportError(failure, { terminal, isJson: args.includes('--json'), isDebug });
  return exitCodeOf(failure);
}

function usageError({ code, message }: CommanderError, { args, command }: ReportFailureOptions): unknown {
  const finding = message
    .replace(/^error: /, '')
    .replace(/\s+/g, ' ')
    .replace(/ \(Did you mean (.*)\?\)$/, '; did you mean $1?')
    .replace(/\.?\s*$/, '');
  const isKnown = code !== 'commander.unknownCommand';
  return new CliError('CLI_USAGE', {
    finding: finding.charAt(0).toUpperCase() + finding.slice(1),
    command: command ?? calledCommand(args, isKnown),
  });
}

/** Commands that consist of others. */
const groups: ReadonlySet<string> = new Set(['models', 'plugin', 'world']);

/** The command whose help tells what would have been right: as far as it is one. */
function calledCommand(args: readonly string[], isKnown: boolean): string {
  const isWord = (arg: string | undefined) => arg !== undefined && /^[a-z]+$/.test(arg);
  const [first, second] = args;
  const words = ['tiercel'];
  const isGroup = groups.has(first ?? '');
  if (isWord(first) && (isKnown || isGroup)) words.push(first ?? '');
  if (isGroup && isWord(second) && isKnown) words.push(second ?? '');
  return words.join(' ');
}
