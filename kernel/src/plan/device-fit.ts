import type { Device, PluginEntry } from '../manifest/manifest.js';
import type { Needs } from '../plugin/plugin.js';
import type { Machine } from './machine.js';

/** How much of one resource a deployment takes, against what there is. */
export interface Fit {
  readonly resource: 'memory' | 'disk' | 'cores' | 'accelerator';
  readonly unit: 'MiB' | 'cores' | 'kinds';
  /** The device that the manifest declares, or the machine that was measured. */
  readonly against: 'device' | 'machine';
  readonly needed: number;
  readonly available: number;
  /** What is left; below 0: what is lacking. */
  readonly spare: number;
  readonly fits: boolean;
  /** Who takes how much, largest first. */
  readonly by: readonly { readonly plugin: string; readonly amount: number }[];
}

/** A bare kernel, and what each child process adds to what its plugin needs (resident, Node 20 on Linux x64). */
const nodeMiB = 50;
const childMiB = 60;

interface Tenant {
  readonly entry: PluginEntry;
  readonly needs: Needs;
}

/**
 * Compares what plugins state to need with a device, and where it says nothing with the machine. Memory and disk add
 * up; cores are shared, so only the largest wish counts; an accelerator is there or not.
 */
export function fitOf(
  tenants: readonly Tenant[],
  device: Device,
  machine: Machine | undefined,
): readonly Fit[] {
  const amounts = (of: (needs: Needs) => number | undefined) =>
    tenants
      .map(({ entry, needs }) => ({ plugin: entry.key, amount: of(needs) ?? 0 }))
      .filter(({ amount }) => amount > 0);
  const children = tenants.filter(({ entry }) => entry.placement !== 'inline');
  const memory = [
    ...amounts(({ memoryMiB }) => memoryMiB),
    { plugin: 'the kernel', amount: nodeMiB },
    ...children.map(({ entry }) => ({ plugin: `the child of ${entry.key}`, amount: childMiB })),
  ];
  const cores = amounts((needs) => needs.cores);
  const disk = amounts(({ diskMiB }) => diskMiB);
  const kinds = device.accelerator === undefined ? machine?.accelerators : [device.accelerator];
  const lacking = amounts(({ accelerator }) =>
    accelerator !== undefined && !kinds?.includes(accelerator) ? 1 : 0,
  );
  const rows = [
    row('memory', 'MiB', memory, sum(memory), device.memoryMiB, machine?.memoryMiB),
    row('disk', 'MiB', disk, sum(disk), device.diskMiB, machine?.diskMiB),
    row(
      'cores',
      'cores',
      cores,
      Math.max(0, ...cores.map(({ amount }) => amount)),
      device.cores,
      machine?.cores,
    ),
    row('accelerator', 'kinds', lacking, lacking.length, none(device.accelerator), none(machine)),
  ];
  return rows.flatMap((fit) => (fit && fit.needed > 0 ? fit : []));
}

/** Of what is lacking there is nothing, wherever that is known. */
function none(known: unknown): number | undefined {
  return known === undefined ? undefined : 0;
}

function row(
  resource: Fit['resource'],
  unit: Fit['unit'],
  by: Fit['by'],
  needed: number,
  declared: number | undefined,
  measured: number | undefined,
): Fit | undefined {
  const available = declared ?? measured;
  if (available === undefined) return undefined;
  const spare = available - needed;
  return {
    resource,
    unit,
    against: declared === undefined ? 'machine' : 'device',
    needed,
    available,
    spare,
    fits: spare >= 0,
    by: by.toSorted((a, b) => b.amount - a.amount),
  };
}

function sum(amounts: readonly { readonly amount: number }[]): number {
  return amounts.reduce((total, { amount }) => total + amount, 0);
}
