import type { Needs } from '../plugin/plugin.js';
import type { PlannedPlugin } from './plan.js';

/**
 * Works out what a plugin needs from values of its configuration, such as the name of a file. `undefined`, or an error,
 * leaves what the plugin declares.
 */
export type Estimator = (values: Readonly<Record<string, unknown>>) => Promise<Needs | undefined>;

/** What the plugins of a plan need with their configuration, as far as somebody can tell. */
export async function estimateNeeds(
  plugins: readonly PlannedPlugin[],
  estimators: Readonly<Record<string, Estimator>>,
): Promise<ReadonlyMap<string, Needs>> {
  const estimates = await Promise.all(
    plugins.map(async ({ key, config, declaration }) => {
      const { by = '', from = {} } = declaration.needs.estimate ?? {};
      const estimator = Object.hasOwn(estimators, by) ? estimators[by] : undefined;
      const values = Object.entries(from).map(([name, configKey]) => [name, config[configKey]]);
      const needs = await estimator?.(Object.fromEntries(values)).catch(() => undefined);
      return [key, needs] as const;
    }),
  );
  return new Map(estimates.flatMap(([key, needs]) => (needs ? [[key, needs]] : [])));
}
