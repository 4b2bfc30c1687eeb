import { existsSync } from 'node:fs';
import { tierNames, tierPath } from '@tiercel/tiers';
import { CliError } from './errors.js';
import type { Terminal } from './terminal.js';

/**
 * Path of the manifest to use: what the command line names, else `TIERCEL_MANIFEST`, else `NODE_ROLE`, else `mid`.
 * A name without a dot or slash is a shipped tier; anything else, or what is no tier, is the path of a file.
 */
export function resolveTier(
  named: string | undefined,
  { environment }: Pick<Terminal, 'environment'>,
): string {
  const manifest = environment['TIERCEL_MANIFEST'];
  if (named === undefined && manifest) return manifest;
  const role = environment['NODE_ROLE'];
  const tier = named ?? (role && role !== 'auto' ? role : 'mid');
  const shipped = tierPath(tier);
  if (shipped) return shipped;
  if (/[./\\]/.test(tier) || existsSync(tier)) return tier;
  throw new CliError('CLI_TIER_UNKNOWN', { tier, known: tierNames });
}
