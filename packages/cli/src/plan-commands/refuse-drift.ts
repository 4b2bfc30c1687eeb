import { driftOf, lockOf, PlansError } from '@tiercel/plans';
import type { Context } from '../context.js';
import { readLockFile } from './lock-file.js';
import { soundPlanFor } from './plan-for.js';
import { modelResolver } from './resolve-model.js';

/** Throws `PLANS_LOCK_DRIFTED` with every difference between a manifest, as it is planned here and now, and a lock. */
export async function refuseDrift(
  { terminal, signal }: Pick<Context, 'terminal' | 'signal'>,
  manifest: string,
  file: string,
): Promise<void> {
  const locked = await readLockFile(file);
  const { plan, origin } = await soundPlanFor(manifest, terminal);
  const now = await lockOf(plan, origin, { resolveArtifact: await modelResolver(terminal, signal) });
  const drifts = driftOf(locked, now);
  if (drifts.length > 0) throw new PlansError('PLANS_LOCK_DRIFTED', { source: file, drifts });
}
