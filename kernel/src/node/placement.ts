import type { PlannedPlugin, ProviderRef } from '../plan/plan.js';
import type { Plugin } from '../plugin/plugin.js';
import type { NodeDescription, NodeEvent } from './plugin-status.js';

/** What a placement sees of the node: the providers that its plugins depend on. */
export interface PlacementHost {
  /** The live provider behind `ref` now: the same object until it is replaced; `undefined` while it does not serve. */
  provider(ref: ProviderRef): unknown;
  /** The plan of another plugin of this node, by its key in the manifest. */
  planned(plugin: string): PlannedPlugin | undefined;
  /** Every plugin of the node's plan. */
  plugins(): readonly PlannedPlugin[];
  /** Hears of every change of the node; call the result to stop listening. */
  subscribe(listener: (event: NodeEvent) => void): () => void;
  /** What the node tells about itself now. */
  describe(): NodeDescription;
}

/**
 * A way to run plugins elsewhere than in this process. `inline` needs none; any other word under `placement:` is looked up
 * by its name, in what was handed to `boot` and then as the package `@tiercel/placement-<name>`.
 */
export interface Placement {
  readonly name: string;
  /**
   * Makes the stand-in for a plugin whose code this process never loads: its `setup` starts the real one where it
   * belongs and returns an object per provider that passes calls on. Deadlines, ownership, health and release work as
   * for any plugin; `deps` of its context are to be ignored in favour of `host`.
   */
  place(planned: PlannedPlugin, host: PlacementHost): Plugin;
}
