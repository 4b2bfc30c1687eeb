import { isTiercelError } from '@tiercel/kernel';
import type { Terminal } from './terminal.js';

export interface ReportOptions {
  readonly terminal: Terminal;
  readonly isJson: boolean;
  readonly isDebug: boolean;
}

/** Tells one error the way the command's output is read: as a line for people, or as the one JSON document. */
export function reportError(error: unknown, { terminal, isJson, isDebug }: ReportOptions): void {
  const { code, message } = describeError(error);
  if (isJson) terminal.print(JSON.stringify({ error: { code, message } }, undefined, 2));
  else if (code !== 'CLI_INTERRUPTED') terminal.note(`error ${code}: ${message}\n`);
  if (isDebug && error instanceof Error) terminal.note(`${withCauses(error)}\n`);
}

export function describeError(error: unknown): { readonly code: string; readonly message: string } {
  if (isTiercelError(error)) return { code: error.code, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'CLI_UNEXPECTED',
    message: `${message}. This is a fault in Tiercel or a plugin; please report it with the trace that --debug shows.`,
  };
}

function withCauses(error: Error): string {
  const stacks = [error.stack ?? error.message];
  for (let { cause } = error; cause instanceof Error; { cause } = cause) {
    stacks.push(`caused by ${cause.stack ?? cause.message}`);
    if (stacks.length > 10) break;
  }
  return stacks.join('\n');
}
