import type { Machine } from '@tiercel/kernel';
import type { TierName } from './tiers.js';

/** A tier for a machine, and why it is that one. */
export interface TierChoice {
  readonly tier: TierName;
  /** At least one; each a clause without a full stop. */
  readonly reasons: readonly string[];
}

/** The devices that the shipped manifests declare. */
export const tierDevices = {
  edge: { cores: 2, memoryMiB: 8_192 },
  mid: { cores: 8, memoryMiB: 16_384 },
  core: { cores: 32, memoryMiB: 65_536 },
} as const satisfies Readonly<Record<TierName, object>>;

/** Firmware, graphics and the hypervisor keep up to an eighth of what a machine was sold with. */
const usableShare = 7 / 8;

/**
 * The tier for a measured machine: `mid` where its memory is enough for that, else `edge`.
 *
 * Memory is a wall: a model that does not fit ends the process. Cores are a speed: with few of them answers take longer, and
 * are answers all the same, so a machine with much memory and two cores gets the model. A single core is too few, because
 * the model would take it from listening.
 *
 * `core` is never chosen. It is a role, not a size: it has no ears and no voice and serves other machines, so a large
 * machine that measures itself would fall silent for its people and open itself to the network. Whoever wants that says so.
 */
export function chooseTier({ cores, memoryMiB, accelerators }: Machine): TierChoice {
  const { edge, mid, core } = tierDevices;
  const memory = `${amount(memoryMiB)} MiB of memory`;
  if (!isEnough(memoryMiB, mid.memoryMiB)) {
    const reasons = [
      `${memory} are too few for mid, which is made for ${amount(mid.memoryMiB)}`,
      'RUN_LOCAL_LLM=true adds a language model all the same',
    ];
    if (!isEnough(memoryMiB, edge.memoryMiB)) reasons.push('even edge may be too large for it');
    return { tier: 'edge', reasons };
  }
  if (cores < edge.cores) {
    const reasons = [`${memory} are enough for mid, but one core has no time for a language model`];
    return { tier: 'edge', reasons };
  }
  const reasons = [`${memory} are enough for it`];
  if (cores < mid.cores) {
    const relief = accelerators.length === 0 ? '' : `, unless ${accelerators.join(' or ')} helps`;
    reasons.push(`with ${cores} cores instead of ${mid.cores} long answers take their time${relief}`);
  }
  if (cores >= core.cores && isEnough(memoryMiB, core.memoryMiB)) {
    reasons.push('core, which would fit, has no ears and no voice, so it is only taken by name');
  }
  return { tier: 'mid', reasons };
}

function isEnough(memoryMiB: number, declaredMiB: number): boolean {
  return memoryMiB >= declaredMiB * usableShare;
}

function amount(value: number): string {
  return value.toLocaleString('en');
}
