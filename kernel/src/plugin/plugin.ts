import type { NodeDescription } from '../node/plugin-status.js';
import type { Capability } from './capability.js';
import type { CheckedSchema, Config, ConfigSchema } from './config-schema.js';
import type { Deps, Requirements } from './requirement.js';

/** One capability that a plugin offers, with static facts that planning may read. */
export interface Provision<T> {
  readonly capability: Capability<T>;
  readonly features: Readonly<Record<string, unknown>>;
}

export function provide<T, F>(capability: Capability<T, F>, features?: F): Provision<T> {
  return { capability: capability as Capability<T>, features: { ...features } };
}

/** Any `Provision<T>`, whatever its T: tokens are invariant in T, so this names only what needs no T. */
export interface AnyProvision {
  readonly capability: Pick<Capability<never>, 'id' | 'version' | 'key' | 'methods'>;
  readonly features: Readonly<Record<string, unknown>>;
}

export type Provisions = Readonly<Record<string, AnyProvision>>;

/** The live objects that `setup` must return. */
export type Providers<P extends Provisions> = {
  readonly [K in keyof P]: P[K] extends Provision<infer T> ? T : never;
};

/** What a plugin takes from its machine. The plan adds them up and compares with the device. */
export interface Needs {
  /** Resident memory after the first use. */
  readonly memoryMiB?: number;
  readonly diskMiB?: number;
  readonly cores?: number;
  /** Kind that it cannot do without, such as `cuda`. */
  readonly accelerator?: string;
  /**
   * Where configuration decides about memory: who can work it out, and from which of the plugin's config keys, by the name
   * that the estimator has for each. `memoryMiB` holds where nobody can.
   */
  readonly estimate?: { readonly by: string; readonly from: Readonly<Record<string, string>> };
}

/** Something that is given back exactly once. */
export type Releasable = Disposable | AsyncDisposable | (() => void | PromiseLike<void>);

/** A plugin tells here what it lost while running; the node's state follows. */
export interface PluginHealth {
  /** Up, with a named loss. Stays until `ready()`. */
  degraded(reason: string): void;
  ready(): void;
  /** What `node.describe()` tells about this plugin: `read` is called each time, and must be quick. */
  facts(read: () => Readonly<Record<string, unknown>>): void;
}

/** The node around a plugin, for those that report on it. */
export interface NodeView {
  /** What `node.describe()` tells now. Also works in a child, where it asks the node. */
  describe(): Promise<NodeDescription>;
}

export interface SetupContext<R extends Requirements, C> {
  /** Key of this plugin in the manifest. */
  readonly name: string;
  readonly deps: Deps<R>;
  readonly config: Config<C>;
  /** Aborts when start-up is given up or the node stops; its reason is a `TiercelError`. */
  readonly signal: AbortSignal;
  readonly health: PluginHealth;
  readonly node: NodeView;
  /** Takes ownership: released last-in first-out, exactly once, also when `setup` fails or returns too late. */
  own<T extends Releasable>(resource: T): T;
  /** Builds a class whose constructor parameters carry `@inject(Token)` from this plugin's `requires`. One instance per class. */
  resolve<T>(type: new (...args: never[]) => T): T;
}

type NothingElse<S, P> = { readonly [K in Exclude<keyof S, keyof P>]: never };

export interface PluginDefinition<
  P extends Provisions,
  R extends Requirements,
  C,
  S extends Providers<P> = Providers<P>,
> {
  /** npm name of the package. */
  readonly name: string;
  /** Version of the package (semver). */
  readonly version: string;
  readonly provides: P;
  readonly requires?: R;
  readonly config?: C & CheckedSchema<C>;
  readonly needs?: Needs;
  /** Opens what the plugin needs and returns exactly its providers. Importing the module must start nothing. */
  setup(context: SetupContext<R, C>): Promise<S & NothingElse<S, P>> | (S & NothingElse<S, P>);
}

/** The context that the kernel makes: what the planner has checked is no longer known to the compiler. */
export interface ErasedSetupContext
  extends Omit<SetupContext<Requirements, ConfigSchema>, 'deps' | 'config'> {
  readonly deps: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A plugin as the kernel sees it, types erased. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
  readonly provides: Readonly<Record<string, Provision<unknown>>>;
  readonly requires: Readonly<Record<string, unknown>>;
  readonly config: ConfigSchema;
  readonly needs: Needs;
  setup(context: ErasedSetupContext): Promise<Readonly<Record<string, unknown>>>;
}

export function definePlugin<
  const P extends Provisions,
  S extends Providers<P>,
  const R extends Requirements = Readonly<Record<never, never>>,
  const C extends ConfigSchema = Readonly<Record<never, never>>,
>(definition: PluginDefinition<P, R, C, S>): Plugin {
  const { name, version, provides, requires, config, needs } = definition;
  return Object.freeze({
    name,
    version,
    provides: provides as unknown as Plugin['provides'],
    requires: requires ?? {},
    config: (config ?? {}) as ConfigSchema,
    needs: needs ?? {},
    // Type arguments are erased here and nowhere else: the planner has checked that deps and config fit.
    setup: async (context: ErasedSetupContext) =>
      await definition.setup(context as unknown as SetupContext<R, C>),
  });
}
