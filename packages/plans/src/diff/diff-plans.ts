import type { Plan } from '@tiercel/kernel';
import type { Lock } from '../lock/lock.js';
import { type Outline, type OutlinedPlugin, outlineOf, outlineOfLock } from './outline.js';

export interface DiffedPlugin {
  readonly plugin: string;
  readonly package: string;
  readonly version: string;
}

export interface Change<T> {
  readonly from: T;
  readonly to: T;
}

/** What becomes different when one plan takes the place of another. */
export interface PlanDiff {
  readonly tier: Change<string>;
  /** Only in the second. */
  readonly starts: readonly DiffedPlugin[];
  /** Only in the first. */
  readonly stops: readonly DiffedPlugin[];
  /** Between placements. */
  readonly moves: readonly ({ readonly plugin: string } & Change<string>)[];
  /** Package or version, as `name version`. */
  readonly updates: readonly ({ readonly plugin: string } & Change<string>)[];
  /** Whether the node starts without it. */
  readonly boots: readonly ({ readonly plugin: string } & Change<string>)[];
  /**
   * Values of configuration, as text with secrets masked: `‹secret›` to `‹secret›` is another secret. `‹not set›`: there is no
   * such key, or it is at its default where one side is a lock; `‹locked›`: a lock knows only whether it is the same.
   */
  readonly configures: readonly ({ readonly plugin: string; readonly key: string } & Change<string>)[];
  /** Capabilities that other plugins serve, or the same in another order; empty lists where nobody does. */
  readonly rebinds: readonly ({ readonly capability: string } & Change<readonly string[]>)[];
  readonly memoryMiB: Change<number> & { readonly delta: number };
  /** Whether nothing at all is different, names of tiers aside. */
  readonly isEmpty: boolean;
}

/** Compares two plans. With a lock on either side, secrets and defaults are not compared: a lock does not hold them. */
export function diffPlans(a: Plan | Lock, b: Plan | Lock): PlanDiff {
  const asLock = isLock(a) || isLock(b);
  const [from, to] = [a, b].map((each) => (isLock(each) ? outlineOfLock(each) : outlineOf(each, asLock))) as [
    Outline,
    Outline,
  ];
  const both = [...from.plugins.values()].flatMap((before): [OutlinedPlugin, OutlinedPlugin][] => {
    const after = to.plugins.get(before.plugin);
    return after ? [[before, after]] : [];
  });
  const changes = (of: (plugin: OutlinedPlugin) => string) =>
    both.flatMap(([before, after]) => {
      const change = { plugin: before.plugin, from: of(before), to: of(after) };
      return change.from === change.to ? [] : [change];
    });
  const parts = {
    starts: missingIn(from, to),
    stops: missingIn(to, from),
    moves: changes(({ placement }) => placement),
    updates: changes((plugin) => `${plugin.package} ${plugin.version}`),
    boots: changes(({ boot }) => boot),
    configures: both.flatMap(([before, after]) => configChanges(before, after)),
    rebinds: bindingChanges(from, to),
  };
  const delta = to.memoryMiB - from.memoryMiB;
  return {
    tier: { from: from.tier, to: to.tier },
    ...parts,
    memoryMiB: { from: from.memoryMiB, to: to.memoryMiB, delta },
    isEmpty: delta === 0 && Object.values(parts).every((part) => part.length === 0),
  };
}

function isLock(value: Plan | Lock): value is Lock {
  return 'lockVersion' in value;
}

function missingIn(one: Outline, other: Outline): readonly DiffedPlugin[] {
  return [...other.plugins.values()]
    .filter(({ plugin }) => !one.plugins.has(plugin))
    .map(({ plugin, package: name, version }) => ({ plugin, package: name, version }));
}

function configChanges(before: OutlinedPlugin, after: OutlinedPlugin): PlanDiff['configures'] {
  const shown = (value: ReturnType<OutlinedPlugin['config']['get']>) =>
    value === undefined ? '‹not set›' : (value.shown ?? '‹locked›');
  return [...new Set([...before.config.keys(), ...after.config.keys()])].flatMap((key) => {
    const [from, to] = [before.config.get(key), after.config.get(key)];
    if (from?.identity === to?.identity) return [];
    return [{ plugin: before.plugin, key, from: shown(from), to: shown(to) }];
  });
}

function bindingChanges(from: Outline, to: Outline): PlanDiff['rebinds'] {
  return [...new Set([...from.bindings.keys(), ...to.bindings.keys()])].flatMap((capability) => {
    const change = { from: from.bindings.get(capability) ?? [], to: to.bindings.get(capability) ?? [] };
    const isSame = change.from.join('\u0000') === change.to.join('\u0000');
    return isSame ? [] : [{ capability, ...change }];
  });
}
