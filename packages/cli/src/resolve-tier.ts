import { existsSync } from 'node:fs';
import { type Machine, measureMachine } from '@tiercel/kernel';
import { chooseTier, tierNames, tierPath } from '@tiercel/tiers';
import { CliError } from './errors.js';
import type { Terminal } from './terminal.js';

/**
 * Path of the manifest to use: what the command line names, else `TIERCEL_MANIFEST`, else `NODE_ROLE`, else `mid`.
 * On the command line a name without a dot or slash is a shipped tier; anything else, or what is no tier, is the path of a
 * file. A role is always the name of a shipped tier. `auto` measures the machine, here and there, and says what it chose;
 * where nobody asked for that, the same command is the same deployment on every machine.
 */
export function resolveTier(
  named: string | undefined,
  terminal: Pick<Terminal, 'environment' | 'note'>,
  measure: () => Machine = measureMachine,
): string {
  if (named === 'auto') return measuredTier(terminal, measure);
  if (named !== undefined) return shippedOrFile(named);
  const manifest = terminal.environment['TIERCEL_MANIFEST'];
  if (manifest) return manifest;
  const { variable, role } = roleOf(terminal);
  if (role === 'auto') return measuredTier(terminal, measure);
  const shipped = tierPath(role);
  if (shipped) return shipped;
  const expected = `${tierNames.join(', ')} or auto (a manifest of your own goes into TIERCEL_MANIFEST)`;
  throw new CliError('CLI_VARIABLE_WRONG', { variable, value: role, expected });
}

function shippedOrFile(tier: string): string {
  const shipped = tierPath(tier);
  if (shipped) return shipped;
  if (/[./\\]/.test(tier) || existsSync(tier)) return tier;
  throw new CliError('CLI_TIER_UNKNOWN', { tier, known: [...tierNames, 'auto'] });
}

/** The role that the environment names, also by the old name of the variable. */
function roleOf(terminal: Pick<Terminal, 'environment' | 'note'>) {
  const textOf = (variable: string) => terminal.environment[variable]?.trim() ?? '';
  if (textOf('NODE_TIER') !== '') {
    terminal.note('warning: Environment variable NODE_TIER is now called NODE_ROLE.\n');
  }
  const variable = textOf('NODE_ROLE') === '' && textOf('NODE_TIER') !== '' ? 'NODE_TIER' : 'NODE_ROLE';
  return { variable, role: textOf(variable) || 'mid' };
}

function measuredTier(terminal: Pick<Terminal, 'note'>, measure: () => Machine): string {
  const { tier, reasons } = chooseTier(measure());
  terminal.note(`tier ${tier}: ${reasons.join('; ')}.\n`);
  return tierPath(tier) ?? tier;
}
