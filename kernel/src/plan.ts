import semver from 'semver';
import { resolveConfig } from './config.js';
import { findCycles } from './cycles.js';
import { type DeclaredRequirement, declarationOf, type PluginDeclaration } from './declaration.js';
import { isActive, type LoadedPlugin } from './load-plugins.js';
import type { Manifest, PluginEntry, Position } from './manifest.js';
import type { Problem } from './problem.js';
import { nearest, problem } from './problems.js';
import { type Environment, evaluateWhen } from './when.js';

/** One provider of a capability: which plugin, and under which key its `setup` returns it. */
export interface ProviderRef {
  readonly plugin: string;
  readonly provider: string;
  readonly capability: string;
  readonly version: string;
}

export interface PlannedDep {
  readonly dep: string;
  readonly kind: DeclaredRequirement['kind'];
  readonly capability: string;
  /** Exactly one for `one` and `lazy`, at most one for `optional`, unless the capability composes several. */
  readonly providers: readonly ProviderRef[];
}

export interface PlannedPlugin {
  readonly key: string;
  readonly entry: PluginEntry;
  readonly declaration: PluginDeclaration;
  readonly config: Readonly<Record<string, unknown>>;
  readonly deps: readonly PlannedDep[];
  /** Plugins that must be up first. */
  readonly after: ReadonlySet<string>;
  /** 0 starts first; plugins of one level start side by side. */
  readonly level: number;
}

/** What a node will do, decided before any plugin code runs. A plan with problems cannot be booted. */
export interface Plan {
  readonly tier: string;
  readonly source: string;
  readonly requires: readonly string[];
  /** In start order. */
  readonly plugins: readonly PlannedPlugin[];
  /** Capability id → providers in order of preference, then of the manifest. */
  readonly bindings: ReadonlyMap<string, readonly ProviderRef[]>;
  /** Entries whose `when` does not hold. */
  readonly skipped: readonly { readonly plugin: string; readonly when: string }[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** Sum over the plugins that state it. */
  readonly memoryMiB: number;
}

export interface PlanInput {
  readonly manifest: Manifest;
  readonly plugins: ReadonlyMap<string, LoadedPlugin>;
  readonly environment?: Environment | undefined;
}

/**
 * Decides which provider serves whom and in which order plugins start, and reports everything that is wrong, all at once.
 * Pure: reads nothing but its input and runs no plugin code. Linear in plugins and requirements.
 */
export function plan(input: PlanInput): Plan {
  return new Planner(input).plan();
}

interface Candidate {
  readonly entry: PluginEntry;
  readonly declaration: PluginDeclaration;
}

class Planner {
  readonly #manifest: Manifest;
  readonly #loaded: ReadonlyMap<string, LoadedPlugin>;
  readonly #environment: Environment;
  readonly #problems: Problem[];
  readonly #warnings = new Set<string>();
  readonly #skipped = new Map<string, string>();
  readonly #candidates = new Map<string, Candidate>();
  readonly #offers = new Map<string, ProviderRef[]>();
  readonly #composable = new Set<string>();
  /** Capabilities whose binding left them at least one provider. */
  readonly #bound = new Set<string>();
  readonly #reportedBindings = new Set<string>();
  #origins: ReadonlyMap<string, string> | undefined;

  constructor(input: PlanInput) {
    this.#manifest = input.manifest;
    this.#loaded = input.plugins;
    this.#environment = input.environment ?? {};
    this.#problems = [...input.manifest.problems];
  }

  plan(): Plan {
    for (const entry of this.#manifest.plugins.values()) this.#admit(entry);
    this.#applyBindings();
    const configs = new Map([...this.#candidates.values()].map((c) => [c.entry.key, this.#configure(c)]));
    const deps = new Map([...this.#candidates.values()].map((c) => [c.entry.key, this.#connect(c)]));
    for (const promise of this.#manifest.requires) this.#checkPromise(promise);
    const levels = this.#order(deps);
    const plugins = [...this.#candidates.values()].map(
      ({ entry, declaration }): PlannedPlugin => ({
        key: entry.key,
        entry,
        declaration,
        config: configs.get(entry.key) ?? {},
        deps: deps.get(entry.key) ?? [],
        after: dependencies(deps.get(entry.key) ?? []),
        level: levels.get(entry.key) ?? 0,
      }),
    );
    return {
      tier: this.#manifest.tier,
      source: this.#manifest.source,
      requires: this.#manifest.requires,
      plugins: plugins.sort((a, b) => a.level - b.level),
      bindings: this.#offers,
      skipped: [...this.#skipped].map(([plugin, when]) => ({ plugin, when })),
      problems: sortByPosition(this.#problems),
      warnings: [...this.#warnings],
      memoryMiB: plugins.reduce((sum, { declaration }) => sum + (declaration.needs.memoryMiB ?? 0), 0),
    };
  }

  #at(...path: (string | number)[]): Position | undefined {
    return this.#manifest.at(...path);
  }

  /** Takes an entry in if it is wanted and its package is there. */
  #admit(entry: PluginEntry): void {
    const { key, use } = entry;
    if (entry.when !== undefined) {
      const result = evaluateWhen(entry.when, this.#environment);
      if (!result.ok) {
        const at = this.#at('plugins', key, 'when');
        this.#problems.push(problem('KERNEL_WHEN_INVALID', { plugin: key, finding: result.finding }, { at }));
      }
      if (!isActive(entry, this.#environment)) {
        this.#skipped.set(key, entry.when);
        return;
      }
    }
    const loaded: LoadedPlugin = this.#loaded.get(key) ?? { state: 'unknown' };
    const at = this.#at('plugins', key);
    if (loaded.state !== 'loaded') {
      this.#problems.push(
        loaded.state === 'unknown'
          ? problem('KERNEL_PLUGIN_UNKNOWN', { plugin: key, use, near: loaded.near }, { at })
          : problem('KERNEL_PLUGIN_BROKEN', { plugin: key, use, finding: loaded.finding }, { at }),
      );
      return;
    }
    const declaration = declarationOf(loaded.plugin);
    this.#checkEntry(entry, declaration);
    this.#candidates.set(key, { entry, declaration });
    for (const { provider, capability, version, composes } of declaration.provides) {
      const offers = this.#offers.get(capability) ?? [];
      offers.push({ plugin: key, provider, capability, version });
      this.#offers.set(capability, offers);
      if (composes) this.#composable.add(capability);
    }
  }

  #checkEntry({ key, use, version, placement }: PluginEntry, declaration: PluginDeclaration): void {
    if (version !== undefined && !satisfies(declaration.version, version)) {
      const details = { plugin: key, use, installed: declaration.version, wanted: version };
      const at = this.#at('plugins', key, 'version');
      this.#problems.push(problem('KERNEL_PLUGIN_VERSION', details, { at }));
    }
    if (placement !== 'inline') {
      const at = this.#at('plugins', key, 'placement');
      this.#problems.push(problem('KERNEL_PLACEMENT_UNSUPPORTED', { plugin: key, placement }, { at }));
    }
  }

  #configure({ entry, declaration }: Candidate): Readonly<Record<string, unknown>> {
    const resolved = resolveConfig(entry, declaration.config, this.#environment, this.#manifest);
    this.#problems.push(...resolved.problems);
    for (const warning of resolved.warnings) this.#warnings.add(warning);
    return resolved.values;
  }

  /** Puts bound providers first, in the order of the binding, and drops the others of that capability. */
  #applyBindings(): void {
    for (const [capability, names] of this.#manifest.bind) {
      const offers = this.#offers.get(capability) ?? [];
      const chosen: ProviderRef[] = [];
      for (const [index, name] of names.entries()) {
        const offer = offers.filter(({ plugin }) => plugin === name);
        chosen.push(...offer);
        if (offer.length > 0 || this.#isLost(name)) continue;
        const candidates = offers.map(({ plugin }) => plugin);
        const details = { capability, plugin: name, candidates, near: nearest(name, candidates) };
        const at = this.#manifest.at('bind', capability, index);
        this.#problems.push(problem('KERNEL_BIND_UNKNOWN', details, { at }));
      }
      if (chosen.length === 0) continue;
      this.#offers.set(capability, chosen);
      this.#bound.add(capability);
    }
  }

  /** A plugin that is listed but skipped or not loaded is reported elsewhere, or rightly absent. */
  #isLost(name: string): boolean {
    return this.#manifest.plugins.has(name) && !this.#candidates.has(name);
  }

  #connect({ entry, declaration }: Candidate): readonly PlannedDep[] {
    return declaration.requires.map(({ dep, kind, capability, version }) => {
      const all = (this.#offers.get(capability) ?? []).filter(({ plugin }) => plugin !== entry.key);
      const fitting = all.filter((offer) => satisfies(offer.version, version));
      return {
        dep,
        kind,
        capability,
        providers: this.#choose(entry, { kind, capability, version }, all, fitting),
      };
    });
  }

  #choose(
    entry: PluginEntry,
    { kind, capability, version }: Pick<DeclaredRequirement, 'kind' | 'capability' | 'version'>,
    all: readonly ProviderRef[],
    fitting: readonly ProviderRef[],
  ): readonly ProviderRef[] {
    const wantedBy = `Plugin ${entry.key}`;
    const found = () => ({ at: this.#at('plugins', entry.key), chain: this.#chainTo(entry.key) });
    if (fitting.length === 0) {
      if (all.length > 0) {
        const details = { capability, wantedBy, range: version, found: all.map(describeOffer) };
        this.#problems.push(problem('KERNEL_CAPABILITY_VERSION', details, found()));
      } else if (kind === 'one' || kind === 'lazy') {
        const extra = { ...found(), excluded: this.#excluded() };
        this.#problems.push(problem('KERNEL_CAPABILITY_MISSING', { capability, wantedBy }, extra));
      }
      return [];
    }
    if (kind === 'many' || fitting.length === 1) return fitting;
    const candidates = fitting.map(({ plugin }) => plugin);
    if (!this.#bound.has(capability)) {
      const details = { capability, wantedBy, candidates };
      this.#problems.push(problem('KERNEL_CAPABILITY_AMBIGUOUS', details, found()));
    } else if (!this.#composable.has(capability) && !this.#reportedBindings.has(capability)) {
      this.#reportedBindings.add(capability);
      const at = this.#at('bind', capability);
      this.#problems.push(problem('KERNEL_BIND_COMPOSE', { capability, plugins: candidates }, { at }));
    }
    return fitting;
  }

  /** Listed plugins that did not take part, and why: what is missing may be theirs. */
  #excluded(): Problem['excluded'] {
    const absent = [...this.#manifest.plugins.keys()].filter((key) => !this.#candidates.has(key));
    if (absent.length === 0) return undefined;
    return absent.map((plugin) => {
      const when = this.#skipped.get(plugin);
      return {
        plugin,
        why: when === undefined ? 'it could not be loaded' : `its "when: ${when}" does not hold`,
      };
    });
  }

  /** How a promise of the manifest leads to this plugin; empty when it is nobody's dependency. */
  #chainTo(key: string): readonly string[] {
    this.#origins ??= this.#findOrigins();
    const chain: string[] = [];
    let link = this.#origins.has(key) ? key : undefined;
    for (; link !== undefined; link = this.#origins.get(link)) chain.push(link);
    return chain.reverse();
  }

  /** Who asks first for each plugin: another plugin or a promise, nearest to a promise first. */
  #findOrigins(): ReadonlyMap<string, string> {
    const origins = new Map<string, string>();
    const reach = (capability: string, from: string) => {
      for (const { plugin } of this.#offers.get(capability) ?? []) {
        if (!origins.has(plugin)) origins.set(plugin, from);
      }
    };
    for (const promise of this.#manifest.requires) {
      reach(promise.split('@')[0] ?? promise, `requires: ${promise}`);
    }
    // `origins` grows while it is walked.
    for (const key of origins.keys()) {
      const { requires } = this.#candidates.get(key)?.declaration ?? { requires: [] };
      for (const { capability } of requires) reach(capability, key);
    }
    return origins;
  }

  #checkPromise(promise: string): void {
    const [id = promise, range] = promise.split('@');
    const at = this.#at('requires', this.#manifest.requires.indexOf(promise));
    const offers = this.#offers.get(id) ?? [];
    if (offers.length === 0) {
      const excluded = this.#excluded();
      this.#problems.push(problem('KERNEL_NOTHING_PROMISED', { capability: id }, { at, excluded }));
    } else if (range !== undefined && !offers.some(({ version }) => satisfies(version, range))) {
      const found = offers.map(describeOffer);
      const details = { capability: id, wantedBy: 'The manifest', range, found };
      this.#problems.push(problem('KERNEL_CAPABILITY_VERSION', details, { at }));
    }
  }

  /** Levels by longest path (Kahn 1962); what is left over waits in circles. */
  #order(deps: ReadonlyMap<string, readonly PlannedDep[]>): ReadonlyMap<string, number> {
    const levels = new Map<string, number>();
    const waiting = new Map<string, number>();
    const dependents = new Map<string, string[]>();
    for (const [key, planned] of deps) {
      const after = dependencies(planned);
      waiting.set(key, after.size);
      for (const before of after) {
        const list = dependents.get(before) ?? [];
        list.push(key);
        dependents.set(before, list);
      }
    }
    const ready = [...waiting].filter(([, count]) => count === 0).map(([key]) => key);
    for (const key of ready) levels.set(key, 0);
    // `ready` grows while it is walked, level by level, so the last of several to be up has the highest level.
    for (const key of ready) {
      for (const dependent of dependents.get(key) ?? []) {
        const left = (waiting.get(dependent) ?? 1) - 1;
        waiting.set(dependent, left);
        if (left > 0) continue;
        levels.set(dependent, (levels.get(key) ?? 0) + 1);
        ready.push(dependent);
      }
    }
    const stuck = [...waiting].filter(([, count]) => count > 0).map(([key]) => key);
    if (stuck.length > 0) this.#reportCycles(stuck, deps);
    return levels;
  }

  #reportCycles(stuck: readonly string[], deps: ReadonlyMap<string, readonly PlannedDep[]>): void {
    const edgesOf = (key: string) =>
      (deps.get(key) ?? [])
        .filter(({ kind }) => kind !== 'lazy')
        .flatMap(({ dep, capability, providers }) =>
          providers.map(({ plugin }) => ({ dep, capability, to: plugin })),
        );
    for (const { path, closing } of findCycles(stuck, edgesOf)) {
      const cycle = [...path.flatMap(({ plugin, capability }) => [plugin, `(${capability})`]), closing.to];
      const edge = `"${closing.dep}" of ${path.at(-1)?.plugin}`;
      const at = this.#at('plugins', closing.to);
      this.#problems.push(problem('KERNEL_CYCLE', { cycle, edge }, { at }));
    }
  }
}

function describeOffer({ version, plugin }: ProviderRef): string {
  return `${version} of ${plugin}`;
}

function dependencies(deps: readonly PlannedDep[]): Set<string> {
  const ordering = deps.filter(({ kind }) => kind !== 'lazy');
  return new Set(ordering.flatMap(({ providers }) => providers.map(({ plugin }) => plugin)));
}

const satisfied = new Map<string, boolean>();

function satisfies(version: string, range: string): boolean {
  const key = `${version} ${range}`;
  let answer = satisfied.get(key);
  if (answer === undefined) {
    answer = semver.satisfies(version, range, { includePrerelease: true });
    if (satisfied.size < 10_000) satisfied.set(key, answer);
  }
  return answer;
}

/** File by file in reading order; what has no position comes last. */
function sortByPosition(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.flatMap(({ at }) => at?.file ?? []))];
  const rank = ({ at }: Problem) => (at ? files.indexOf(at.file) : files.length);
  return problems.toSorted(
    (a, b) =>
      rank(a) - rank(b) || (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0),
  );
}
