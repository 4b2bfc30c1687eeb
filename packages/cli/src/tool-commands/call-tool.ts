import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { parseJsonObject } from '../json-object.js';
import { bootTools } from './boot-tools.js';
import { type Args, callOrAsk } from './call-or-ask.js';

export interface CallToolOptions {
  /** JSON text. */
  readonly args: string;
  readonly yes?: boolean;
  readonly language?: string;
  readonly tier?: string;
  readonly json?: boolean;
}

/** Calls a tool and prints what it returns; what it tells meanwhile goes to standard error. */
export async function callTool(context: Context, name: string, options: CallToolOptions): Promise<number> {
  const { terminal, signal } = context;
  const { tier, language, json = false } = options;
  const args = parseArgs(options.args);
  const { node, registry } = await bootTools(context, tier);
  await using _ = node;
  const result = await callOrAsk(
    context,
    registry,
    { name, args, isAgreed: options.yes === true },
    {
      caller: 'cli',
      language,
      signal,
      progress: (part) => terminal.note(`${textOf(part)}\n`),
    },
  );
  if (json) terminal.print(JSON.stringify(result, undefined, 2));
  else terminal.print(textOf(result.content));
  return 0;
}

function parseArgs(text: string): Args {
  const parsed = parseJsonObject(text);
  if ('value' in parsed) return parsed.value;
  throw new CliError('CLI_ARGS_INVALID', { finding: parsed.finding });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}
