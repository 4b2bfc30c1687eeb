import { stat } from 'node:fs/promises';
import { verifyAudit } from '@tiercel/tools';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { EXIT } from '../exit-code.js';

export interface CheckAuditOptions {
  readonly json?: boolean;
}

/** Checks the chain of an audit log, and prints the hash that proves later that its end is still there. */
export async function checkAudit(
  { terminal }: Pick<Context, 'terminal'>,
  folder: string,
  { json = false }: CheckAuditOptions,
): Promise<number> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw new CliError('CLI_AUDIT_MISSING', { folder });
  const report = await verifyAudit(folder);
  const { files, records, findings, lastHash } = report;
  const exitCode = findings.length === 0 ? 0 : EXIT.failed;
  if (json) {
    terminal.print(JSON.stringify(report, undefined, 2));
    return exitCode;
  }
  const amount = `${records} records in ${files.length} files`;
  terminal.print(
    findings.length === 0 ? `Nothing was changed: ${amount}.` : `The log was changed: ${amount}.`,
  );
  for (const { file, line, finding } of findings) terminal.print(`  ${file}:${line} ${finding}`);
  if (lastHash !== undefined) terminal.print(`Last hash: ${lastHash}`);
  return exitCode;
}
