import type { ToolResult } from '@tiercel/capabilities/tool-provider';
import type { RegistryCallOptions, ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { isTiercelError } from '@tiercel/kernel';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { printable } from '../printable.js';
import { isPrompted, typedLines } from '../typed-lines.js';

export type Args = Readonly<Record<string, unknown>>;

/** Calls; where a person has to agree and is there, asks and calls once more. */
export async function callOrAsk(
  context: Pick<Context, 'terminal' | 'signal'>,
  registry: ToolRegistry,
  { name, args, isAgreed }: { readonly name: string; readonly args: Args; readonly isAgreed: boolean },
  options: RegistryCallOptions,
): Promise<ToolResult> {
  const canAsk = isAgreed || isPrompted(context.terminal);
  try {
    return await registry.call(name, args, { ...options, canAsk });
  } catch (error) {
    if (!isTiercelError(error, 'TOOL_APPROVAL_NEEDED')) throw error;
    const approval = String(error.details['id']);
    if (isAgreed || (await isConfirmed(context, name, args)))
      return await registry.call(name, args, { ...options, approval });
    await registry.refuse(approval, { caller: options.caller });
    throw new CliError('CLI_TOOL_REFUSED', { tool: name }, { cause: error });
  }
}

async function isConfirmed(
  { terminal, signal }: Pick<Context, 'terminal' | 'signal'>,
  name: string,
  args: Args,
): Promise<boolean> {
  terminal.note(`Run ${name} with ${printable(JSON.stringify(args))}? Type yes or no.\n`);
  for await (const line of typedLines(terminal, { signal })) return /^y(es)?$/i.test(line.trim());
  return false;
}
