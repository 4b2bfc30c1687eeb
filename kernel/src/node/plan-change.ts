import { isDeepStrictEqual } from 'node:util';
import type { Plan, PlannedPlugin } from '../plan/plan.js';
import type { RunningPlugin } from './running-plugin.js';

/** Whether a running plugin is what a plan asks for, so that it can stay as it is. */
export function isUnchanged(running: PlannedPlugin, wanted: PlannedPlugin): boolean {
  const facts = ({ entry, declaration, source, module, config, deps }: PlannedPlugin) => {
    const { use, placement } = entry;
    return { use, placement, declaration, source, module, config, deps };
  };
  return isDeepStrictEqual(facts(running), facts(wanted));
}

/** The `fact` members of everything a plugin provides: consumers may have read them once and for all. */
export function factsOf(running: RunningPlugin): readonly unknown[] {
  return running.planned.declaration.provides.flatMap(({ provider: key, methods }) =>
    Object.keys(methods)
      .filter((member) => methods[member] === 'fact')
      .map((member) => [key, member, (Object(running.provider(key)) as Record<string, unknown>)[member]]),
  );
}

/** Plugins of a plan by level, the first to start first. */
export function levelsOf({ plugins }: Plan): readonly (readonly PlannedPlugin[])[] {
  const levels: PlannedPlugin[][] = [];
  for (const planned of plugins) {
    const level = levels[planned.level] ?? [];
    level.push(planned);
    levels[planned.level] = level;
  }
  return levels;
}

/** Whether a plugin cannot be without one of `plugins`, or was given one of them at its setup. */
export function dependsOn({ after }: PlannedPlugin, plugins: ReadonlySet<string>): boolean {
  for (const key of after) if (plugins.has(key)) return true;
  return false;
}
