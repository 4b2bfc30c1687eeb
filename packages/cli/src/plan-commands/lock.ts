import { lockOf } from '@tiercel/plans';
import type { Context } from '../context.js';
import { resolveTier } from '../resolve-tier.js';
import { lockFileFor, writeLockFile } from './lock-file.js';
import { soundPlanFor } from './plan-for.js';
import { modelResolver } from './resolve-model.js';

export interface LockOptions {
  readonly output?: string;
  readonly json?: boolean;
}

/** Writes down what a manifest comes to, so that a node can be held to it. */
export async function lock(
  { terminal, signal }: Context,
  named: string | undefined,
  { output, json = false }: LockOptions,
): Promise<number> {
  const manifest = resolveTier(named, terminal);
  const { plan, origin } = await soundPlanFor(manifest, terminal);
  const locked = await lockOf(plan, origin, { resolveArtifact: await modelResolver(terminal, signal) });
  const file = output ?? lockFileFor(manifest);
  await writeLockFile(file, locked);
  if (json) terminal.print(JSON.stringify({ file, lock: locked }, undefined, 2));
  else terminal.print(`${file} pins tier ${plan.tier}: ${plan.plugins.length} plugins.`);
  return 0;
}
