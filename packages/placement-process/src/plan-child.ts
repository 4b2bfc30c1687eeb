import {
  type MethodShape,
  type PlacementHost,
  type PlannedPlugin,
  type ProviderRef,
  pluginFileOf,
} from '@tiercel/kernel';
import { type ChildPlugin, targetOf } from './control-message.js';
import { PlacementError } from './errors.js';

/** A provider of this process that a child may call. */
export interface ServedDep {
  readonly ref: ProviderRef;
  readonly methods: Readonly<Record<string, MethodShape>>;
}

export interface PlannedChild {
  /** In start order; the last one is the placed plugin. */
  readonly plugins: readonly ChildPlugin[];
  readonly served: ReadonlyMap<string, ServedDep>;
  /** Everything that the child runs or calls, for what must not reach it. */
  readonly involved: readonly PlannedPlugin[];
}

/**
 * Decides what a child runs: the plugin, and a copy of each that it needs answers from at once; everything else stays
 * where it is. Throws where that cannot be done.
 */
export function planChild(planned: PlannedPlugin, host: Pick<PlacementHost, 'planned'>): PlannedChild {
  const { key, declaration } = planned;
  for (const { capability, methods } of declaration.provides) {
    const members = localMembers(methods);
    if (members.length > 0)
      throw new PlacementError('PLACEMENT_CONTRACT_LOCAL', { plugin: key, capability, members });
  }
  const plugins: ChildPlugin[] = [];
  const served = new Map<string, ServedDep>();
  const involved = new Map<string, PlannedPlugin>();

  const begun = new Set<string>();

  const add = (wanted: PlannedPlugin, module: string) => {
    begun.add(wanted.key);
    const { declaration, config, entry, deps } = wanted;
    involved.set(wanted.key, wanted);
    const childDeps = deps.map(({ dep, kind, providers }) => {
      const methods = declaration.requires.find((requirement) => requirement.dep === dep)?.methods ?? {};
      const isLocal = localMembers(methods).length > 0;
      for (const ref of providers) {
        const provider = host.planned(ref.plugin);
        if (!isLocal) {
          if (provider) involved.set(ref.plugin, provider);
          const target = targetOf(ref);
          // Consumers of one provider may know different minor versions of its contract.
          served.set(target, { ref, methods: { ...served.get(target)?.methods, ...methods } });
        } else if (!begun.has(ref.plugin)) {
          if (provider?.module === undefined) {
            const details = { plugin: key, dependency: ref.plugin, capability: ref.capability };
            throw new PlacementError('PLACEMENT_DEPENDENCY_GIVEN', details);
          }
          add(provider, provider.module);
        }
      }
      return { dep, kind, isLocal, refs: providers };
    });
    plugins.push({
      key: wanted.key,
      use: entry.use,
      module,
      declaration: JSON.stringify(pluginFileOf(declaration)),
      config,
      timeoutMs: entry.timeoutMs,
      deps: childDeps,
    });
  };
  if (planned.module === undefined) throw new PlacementError('PLACEMENT_MODULE_MISSING', { plugin: key });
  add(planned, planned.module);
  return { plugins, served, involved: [...involved.values()] };
}

function localMembers(methods: Readonly<Record<string, MethodShape>>): readonly string[] {
  return Object.keys(methods).filter((member) => methods[member] === 'local');
}
