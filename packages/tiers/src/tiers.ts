import { fileURLToPath } from 'node:url';

/** Size classes of machines for which a manifest ships, smallest first. */
export const tierNames = ['edge', 'mid', 'core'] as const;
export type TierName = (typeof tierNames)[number];

/** Absolute path of the shipped manifest of a tier; `undefined` when `name` is none of `tierNames`. */
export function tierPath(name: string): string | undefined {
  const known = tierNames.find((tier) => tier === name);
  return known && fileURLToPath(new URL(`../${known}.yaml`, import.meta.url));
}
