import { existsSync } from 'node:fs';
import { tierNames, tierPath } from '@tiercel/tiers';
import { CliError } from './errors.js';
import type { Terminal } from './terminal.js';

/**
 * Path of the manifest to use: what the command line names, else `TIERCEL_MANIFEST`, else `NODE_ROLE`, else `mid`.
 * On the command line a name without a dot or slash is a shipped tier; anything else, or what is no tier, is the path of a
 * file. A role is always the name of a shipped tier, or `auto`.
 */
export function resolveTier(
  named: string | undefined,
  { environment }: Pick<Terminal, 'environment'>,
): string {
  if (named !== undefined) return shippedOrFile(named);
  return environment['TIERCEL_MANIFEST'] || tierOf(environment['NODE_ROLE']?.trim() || 'auto');
}

function shippedOrFile(tier: string): string {
  const shipped = tierPath(tier);
  if (shipped) return shipped;
  if (/[./\\]/.test(tier) || existsSync(tier)) return tier;
  throw new CliError('CLI_TIER_UNKNOWN', { tier, known: tierNames });
}

function tierOf(role: string): string {
  const shipped = tierPath(role === 'auto' ? 'mid' : role);
  if (shipped) return shipped;
  const expected = `${tierNames.join(', ')} or auto (a manifest of your own goes into TIERCEL_MANIFEST)`;
  throw new CliError('CLI_VARIABLE_WRONG', { variable: 'NODE_ROLE', value: role, expected });
}
