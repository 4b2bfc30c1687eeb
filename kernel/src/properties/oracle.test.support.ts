/**
 * Says what the plan of a deployment must be, by the plain meaning of the rules and without regard to speed. It shares
 * nothing with the planner.
 */
import type { ProblemCode } from '../plan/problems.js';
import { type Deployment, type Entry, ranges, type Want } from './deployment.test.support.js';
import type { Doc, DocPath } from './documents.test.support.js';

/** A problem that a plan must have, by the path of the value that it points at; `undefined`: it has no place. */
export interface Expected {
  readonly code: ProblemCode;
  readonly at: DocPath | undefined;
}

interface Serving {
  readonly by: Entry;
  readonly version: string;
}

export const isWanted = ({ when }: Entry) => when?.holds ?? true;
export const isHere = (entry: Entry) => isWanted(entry) && entry.state === 'here';
const accepts = (range: string, version: string) => ranges[range]?.includes(version) ?? false;
const isProcess = ({ placement }: Entry) => placement === 'process';

/** Who offers a capability, in the order in which they are preferred. */
export function offersOf({ entries, bind }: Deployment, id: string): readonly Serving[] {
  const all = entries
    .filter(isHere)
    .flatMap((by) =>
      by.of.offers.flatMap(({ contract, version }) => (contract.id === id ? { by, version } : [])),
    );
  const bound = [...new Set(bind.get(id))].flatMap((name) => all.filter(({ by }) => by.key === name));
  return bound.length > 0 ? bound : all;
}

function isBound({ entries, bind }: Deployment, id: string): boolean {
  const names = bind.get(id) ?? [];
  return entries.some(
    (entry) =>
      isHere(entry) &&
      names.includes(entry.key) &&
      entry.of.offers.some(({ contract }) => contract.id === id),
  );
}

/** Who serves one requirement, and the code of what is wrong with that. */
export function serve(
  deployment: Deployment,
  entry: Entry,
  { contract, kind, range }: Want,
): { readonly by: readonly Entry[]; readonly fault?: ProblemCode } {
  const others = offersOf(deployment, contract.id).filter(({ by }) => by !== entry);
  const by = others.filter(({ version }) => accepts(range, version)).map((offer) => offer.by);
  const isNeeded = kind === 'one' || kind === 'lazy';
  if (others.length === 0) return isNeeded ? { by, fault: 'KERNEL_CAPABILITY_MISSING' } : { by };
  if (by.length === 0) return { by, fault: 'KERNEL_CAPABILITY_VERSION' };
  if (by.length === 1 || kind === 'many') return { by };
  if (!isBound(deployment, contract.id)) return { by, fault: 'KERNEL_CAPABILITY_AMBIGUOUS' };
  return contract.composes ? { by } : { by, fault: 'KERNEL_BIND_COMPOSE' };
}

/** Plugins that must be up before this one. */
export function waitsFor(deployment: Deployment, entry: Entry): ReadonlySet<Entry> {
  const ordering = entry.of.wants.filter(({ kind }) => kind !== 'lazy');
  return new Set(ordering.flatMap((want) => serve(deployment, entry, want).by));
}

/** Everything that a plugin waits for, directly or through others. */
export function waitsForAll(deployment: Deployment, entry: Entry): ReadonlySet<Entry> {
  const all = new Set<Entry>();
  const left = [entry];
  for (let next = left.pop(); next; next = left.pop()) {
    for (const before of waitsFor(deployment, next)) {
      if (!all.has(before)) left.push(before);
      all.add(before);
    }
  }
  return all;
}

function levelOf(deployment: Deployment, entry: Entry, known: Map<Entry, number>): number {
  const before = [...waitsFor(deployment, entry)].map(
    (other) => known.get(other) ?? levelOf(deployment, other, known),
  );
  const level = Math.max(-1, ...before) + 1;
  known.set(entry, level);
  return level;
}

/** Values and where they come from, without faults. */
export function configOf({ of, settings }: Entry): Readonly<Record<string, readonly [Doc, string]>> {
  return Object.fromEntries(
    of.keys.map(({ name, fromEnvironment, fallback }) => {
      const { value: set, isFromFile } = settings.get(name) ?? {};
      if (fromEnvironment !== undefined) return [name, [fromEnvironment, 'environment']];
      if (set === undefined) return [name, [fallback, 'default']];
      return [name, [set, isFromFile ? 'file' : 'manifest']];
    }),
  );
}

/** What a sound deployment becomes. */
export function expectedPlan(deployment: Deployment) {
  const here = deployment.entries.filter(isHere);
  const levels = new Map<Entry, number>();
  for (const entry of here) levelOf(deployment, entry, levels);
  const inOrder = here.toSorted((a, b) => (levels.get(a) ?? 0) - (levels.get(b) ?? 0));
  const ids = new Set(here.flatMap(({ of }) => of.offers.map(({ contract }) => contract.id)));
  return {
    plugins: inOrder.map((entry) => ({
      key: entry.key,
      level: levels.get(entry),
      source: entry.of.source,
      placement: entry.placement ?? 'inline',
      boot: typeof entry.boot === 'object' ? (entry.boot.mode ?? 'required') : (entry.boot ?? 'required'),
      timeoutMs: (typeof entry.boot === 'object' ? entry.boot.timeoutMs : undefined) ?? 60_000,
      config: configOf(entry),
      deps: Object.fromEntries(
        entry.of.wants.map((want) => [want.dep, serve(deployment, entry, want).by.map(({ key }) => key)]),
      ),
    })),
    skipped: deployment.entries.flatMap((entry) =>
      isWanted(entry) ? [] : { plugin: entry.key, when: entry.when?.text },
    ),
    bindings: Object.fromEntries(
      [...ids].map((id) => [id, offersOf(deployment, id).map(({ by }) => by.key)]),
    ),
    install: inOrder.flatMap(({ of }) =>
      of.source === 'catalogue' ? { package: of.name, version: of.version } : [],
    ),
    memoryMiB: here.reduce((sum, { of }) => sum + (of.needs.memoryMiB ?? 0), 0),
    isProcessUsed: here.some(isProcess),
  };
}

/** Everything that is wrong with who serves whom, where things run and what they need; circles apart. */
export function faultsOf(deployment: Deployment): readonly Expected[] {
  return [
    ...deployment.entries.flatMap(stateFaults),
    ...deployment.entries
      .filter(isHere)
      .flatMap((entry) => [
        ...versionFaults(entry),
        ...requirementFaults(deployment, entry),
        ...placementFaults(deployment, entry),
      ]),
    ...bindFaults(deployment),
    ...promiseFaults(deployment),
    ...deviceFaults(deployment),
  ];
}

/** Plugins that wait for themselves. */
export function circlesOf(deployment: Deployment): readonly Entry[] {
  return deployment.entries.filter((entry) => isHere(entry) && waitsForAll(deployment, entry).has(entry));
}

const stateCodes = {
  unknown: 'KERNEL_PLUGIN_UNKNOWN',
  undeclared: 'KERNEL_PLUGIN_UNDECLARED',
  broken: 'KERNEL_PLUGIN_BROKEN',
} as const;

function stateFaults(entry: Entry): readonly Expected[] {
  if (entry.state === 'here' || !isWanted(entry)) return [];
  return [{ code: stateCodes[entry.state], at: ['plugins', entry.key] }];
}

function versionFaults({ key, version, of }: Entry): readonly Expected[] {
  if (version === undefined || accepts(version, of.version)) return [];
  return [{ code: 'KERNEL_PLUGIN_VERSION', at: ['plugins', key, 'version'] }];
}

function requirementFaults(deployment: Deployment, entry: Entry): readonly Expected[] {
  return entry.of.wants.flatMap((want) => {
    const { fault } = serve(deployment, entry, want);
    if (fault === undefined || fault === 'KERNEL_BIND_COMPOSE') return [];
    return { code: fault, at: ['plugins', entry.key] };
  });
}

function placementFaults(deployment: Deployment, entry: Entry): readonly Expected[] {
  if (!isProcess(entry)) return [];
  const at = ['plugins', entry.key, 'placement'];
  const impossible: Expected = { code: 'KERNEL_PLACEMENT_IMPOSSIBLE', at };
  const { source, offers, wants } = entry.of;
  const objects = wants
    .filter(({ contract }) => contract.isLocal)
    .flatMap((want) => serve(deployment, entry, want).by)
    .filter(({ of }) => of.source === 'given');
  return [
    ...(deployment.placements.has('process') ? [] : [{ code: 'KERNEL_PLACEMENT_UNKNOWN' as const, at }]),
    ...(source === 'given' ? [impossible] : []),
    ...offers.flatMap(({ contract }) => (contract.isLocal ? impossible : [])),
    ...objects.map(() => impossible),
  ];
}

function bindFaults(deployment: Deployment): readonly Expected[] {
  const { entries, bind } = deployment;
  return [...bind].flatMap(([id, names]) => {
    const strangers = [...new Set(names)].flatMap((name): readonly Expected[] => {
      const named = entries.find(({ key }) => key === name);
      // What is left out on purpose, or reported already, is no second fault.
      if (named && !isHere(named)) return [];
      const isOffering = named?.of.offers.some(({ contract }) => contract.id === id);
      return isOffering ? [] : [{ code: 'KERNEL_BIND_UNKNOWN', at: ['bind', id, names.indexOf(name)] }];
    });
    const isTorn = entries
      .filter(isHere)
      .some((entry) =>
        entry.of.wants.some(
          (want) => want.contract.id === id && serve(deployment, entry, want).fault === 'KERNEL_BIND_COMPOSE',
        ),
      );
    return [...strangers, ...(isTorn ? [{ code: 'KERNEL_BIND_COMPOSE' as const, at: ['bind', id] }] : [])];
  });
}

function promiseFaults(deployment: Deployment): readonly Expected[] {
  return deployment.promises.flatMap(({ id, range, doc }, index): readonly Expected[] => {
    const offers = offersOf(deployment, id);
    const at = ['requires', index];
    if (doc !== undefined) return [{ code: 'KERNEL_VALUE_WRONG', at }];
    if (offers.length === 0) return [{ code: 'KERNEL_NOTHING_PROMISED', at }];
    const isKept = range === undefined || offers.some(({ version }) => accepts(range, version));
    return isKept ? [] : [{ code: 'KERNEL_CAPABILITY_VERSION', at }];
  });
}

/** Resident memory of a bare node, and of each child besides its plugin. */
const nodeMiB = 50;
const childMiB = 60;

/** What all plugins together take of a device. */
export function neededBy({ entries }: Deployment) {
  const here = entries.filter(isHere);
  const needs = here.map(({ of }) => of.needs);
  const sum = (amounts: readonly number[]) => amounts.reduce((all, amount) => all + amount, 0);
  return {
    memoryMiB:
      sum(needs.map(({ memoryMiB = 0 }) => memoryMiB)) + nodeMiB + here.filter(isProcess).length * childMiB,
    diskMiB: sum(needs.map(({ diskMiB = 0 }) => diskMiB)),
    cores: Math.max(0, ...needs.map(({ cores = 0 }) => cores)),
    accelerators: needs.flatMap(({ accelerator }) => accelerator ?? []),
  };
}

function deviceFaults(deployment: Deployment): readonly Expected[] {
  const { device } = deployment;
  const needed = neededBy(deployment);
  const resources = ['memoryMiB', 'diskMiB', 'cores'] as const;
  const small = resources.filter((resource) => needed[resource] > (device[resource] ?? Infinity));
  const isLacking =
    device.accelerator !== undefined && needed.accelerators.some((kind) => kind !== device.accelerator);
  return [...small, ...(isLacking ? ['accelerator'] : [])].map((resource) => ({
    code: 'KERNEL_DEVICE_TOO_SMALL',
    at: ['device', resource],
  }));
}
