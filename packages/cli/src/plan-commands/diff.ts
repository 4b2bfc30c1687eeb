import { readFile, stat } from 'node:fs/promises';
import type { Plan } from '@tiercel/kernel';
import { describeDiff, diffPlans, isLockText, type Lock } from '@tiercel/plans';
import type { Context } from '../context.js';
import type { Terminal } from '../terminal.js';
import { readLockFile } from './lock-file.js';
import { soundPlanFor } from './plan-for.js';

export interface DiffOptions {
  readonly json?: boolean;
}

/** Tells what changes when the second takes the place of the first. */
export async function diff(
  { terminal }: Context,
  from: string,
  to: string,
  { json = false }: DiffOptions,
): Promise<number> {
  const difference = diffPlans(await planOrLock(from, terminal), await planOrLock(to, terminal));
  terminal.print(json ? JSON.stringify(difference, undefined, 2) : describeDiff(difference));
  return 0;
}

async function planOrLock(named: string, terminal: Terminal): Promise<Plan | Lock> {
  if (await isLockFile(named)) return await readLockFile(named);
  return (await soundPlanFor(named, terminal)).plan;
}

/** Whether a file says that it is a lock. What is no file, or cannot be read, is judged as a manifest. */
async function isLockFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile() && isLockText(await readFile(file, 'utf8'));
  } catch {
    return false;
  }
}
