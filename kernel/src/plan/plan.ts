import { libraries } from '../libraries.js';
import type { Manifest, PluginEntry, Position } from '../manifest/manifest.js';
import { type Environment, evaluateWhen } from '../manifest/when.js';
import { nearest } from '../nearest.js';
import type { DeclaredContract, DeclaredRequirement, PluginDeclaration } from '../plugin/declaration.js';
import type { Needs } from '../plugin/plugin.js';
import { type ConfigSource, type ResolvedConfig, resolveConfig } from './config.js';
import { findCycles } from './cycles.js';
import { type Fit, fitOf } from './device-fit.js';
import type { ConfigFiles } from './fill-in.js';
import { type FoundPlugin, isActive } from './find-plugins.js';
import type { Machine } from './machine.js';
import type { Problem } from './problem.js';
import { problem } from './problems.js';

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
  /** `catalogue`: its declaration is known, but the package is not installed. */
  readonly source: 'given' | 'installed' | 'catalogue';
  /** File of its module, an absolute path, when it is `installed`. */
  readonly module?: string | undefined;
  readonly config: Readonly<Record<string, unknown>>;
  readonly configSources: Readonly<Record<string, ConfigSource>>;
  /** As declared, or as estimated for this configuration. */
  readonly needs: Needs;
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
  /** Folder from which packages and relative paths are resolved. */
  readonly directory: string;
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
  /** What the plugins take of the device that the manifest declares, or of the machine where it is silent. */
  readonly fit: readonly Fit[];
  /** Packages that must be installed before this plan can start. */
  readonly install: readonly { readonly package: string; readonly version: string }[];
  /** Placements other than `inline` that are used, and the module of each; `undefined` for one that was handed over. */
  readonly placements: ReadonlyMap<string, string | undefined>;
}

export interface PlanInput {
  readonly manifest: Manifest;
  readonly plugins: ReadonlyMap<string, FoundPlugin>;
  readonly environment?: Environment | undefined;
  /** Files that configuration refers to. */
  readonly files?: ConfigFiles | undefined;
  /** Placements that can be used, as in the plan. Default: none but `inline`. */
  readonly placements?: ReadonlyMap<string, string | undefined> | undefined;
  /** The machine that this would run on. Where the manifest declares a device, its lacks are only warned about. */
  readonly machine?: Machine | undefined;
  /** What plugins need with their configuration, by their keys; laid over what they declare. */
  readonly needs?: ReadonlyMap<string, Needs> | undefined;
}

/**
 * Decides which provider serves whom and in which order plugins start, and reports everything that is wrong, all at once.
 * Pure: reads nothing but its input and runs no plugin code. Linear in plugins and requirements.
 */
export function plan(input: PlanInput): Plan {
  return new Planner(input).plan();
}

interface Candidate extends Pick<PlannedPlugin, 'entry' | 'declaration' | 'needs' | 'source' | 'module'> {}

class Planner {
  readonly #input: PlanInput;
  readonly #manifest: Manifest;
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
  readonly #placements = new Map<string, string | undefined>();
  #origins: ReadonlyMap<string, string> | undefined;
  #absent: NonNullable<Problem['excluded']> | undefined;

  constructor(input: PlanInput) {
    this.#input = input;
    this.#manifest = input.manifest;
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
    for (const candidate of this.#candidates.values()) this.#checkPlacement(candidate, deps);
    const fit = this.#checkFit();
    const plugins = [...this.#candidates.values()].map(
      ({ entry, declaration, needs, source, module }): PlannedPlugin => ({
        key: entry.key,
        entry,
        declaration,
        needs,
        source,
        module,
        config: configs.get(entry.key)?.values ?? {},
        configSources: configs.get(entry.key)?.sources ?? {},
        deps: deps.get(entry.key) ?? [],
        after: dependencies(deps.get(entry.key) ?? []),
        level: levels.get(entry.key) ?? 0,
      }),
    );
    return {
      tier: this.#manifest.tier,
      source: this.#manifest.source,
      directory: this.#manifest.directory,
      requires: this.#manifest.requires,
      plugins: plugins.sort((a, b) => a.level - b.level),
      bindings: this.#offers,
      skipped: [...this.#skipped].map(([plugin, when]) => ({ plugin, when })),
      problems: sortByPosition(this.#problems),
      warnings: [...this.#warnings],
      memoryMiB: plugins.reduce((sum, { needs }) => sum + (needs.memoryMiB ?? 0), 0),
      fit,
      install: plugins
        .filter(({ source }) => source === 'catalogue')
        .map(({ declaration }) => ({ package: declaration.name, version: declaration.version })),
      placements: this.#placements,
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
    const found: FoundPlugin = this.#input.plugins.get(key) ?? { state: 'unknown' };
    const at = this.#at('plugins', key);
    if (found.state !== 'found' && found.state !== 'absent') {
      this.#problems.push(
        found.state === 'unknown'
          ? problem(
              'KERNEL_PLUGIN_UNKNOWN',
              { plugin: key, use, wanted: entry.version, near: found.near },
              { at },
            )
          : found.state === 'undeclared'
            ? problem('KERNEL_PLUGIN_UNDECLARED', { plugin: key, use, build: found.build }, { at })
            : problem('KERNEL_PLUGIN_BROKEN', { plugin: key, use, finding: found.finding }, { at }),
      );
      return;
    }
    const { declaration } = found;
    const isGiven = found.state === 'found' && found.given !== undefined;
    const source = isGiven ? 'given' : found.state === 'found' ? 'installed' : 'catalogue';
    this.#checkEntry(entry, declaration);
    const module = found.state === 'found' ? found.module : undefined;
    const needs = { ...declaration.needs, ...this.#input.needs?.get(key) };
    this.#candidates.set(key, { entry, declaration, needs, source, module });
    for (const { provider, capability, version, composes } of declaration.provides) {
      const offers = this.#offers.get(capability) ?? [];
      offers.push({ plugin: key, provider, capability, version });
      this.#offers.set(capability, offers);
      if (composes) this.#composable.add(capability);
    }
  }

  #checkEntry({ key, use, version }: PluginEntry, declaration: PluginDeclaration): void {
    if (version !== undefined && !satisfies(declaration.version, version)) {
      const details = { plugin: key, use, installed: declaration.version, wanted: version };
      const at = this.#at('plugins', key, 'version');
      this.#problems.push(problem('KERNEL_PLUGIN_VERSION', details, { at }));
    }
  }

  /** Whether what the manifest asks for can be done with this plugin, and with those it depends on. */
  #checkPlacement(
    { entry, declaration, source }: Candidate,
    deps: ReadonlyMap<string, readonly PlannedDep[]>,
  ): void {
    const { key: plugin, placement } = entry;
    if (placement === 'inline') return;
    const at = this.#at('plugins', plugin, 'placement');
    const refuse = (finding: string) =>
      this.#problems.push(problem('KERNEL_PLACEMENT_IMPOSSIBLE', { plugin, placement, finding }, { at }));
    const { placements } = this.#input;
    if (placements?.has(placement)) this.#placements.set(placement, placements.get(placement));
    else this.#problems.push(problem('KERNEL_PLACEMENT_UNKNOWN', { plugin, placement }, { at }));
    if (source === 'given') refuse('it was handed over as an object, which cannot leave this process');
    for (const { capability, methods } of declaration.provides) {
      const local = localMembers(methods);
      if (local.length > 0) refuse(`${capability} has synchronous members (${local.join(', ')})`);
    }
    // What is synchronous gets a copy of its plugin over there, and objects cannot be copied.
    for (const { dep, capability, methods } of declaration.requires) {
      if (localMembers(methods).length === 0) continue;
      const serving = deps.get(plugin)?.find((planned) => planned.dep === dep)?.providers ?? [];
      for (const { plugin: provider } of serving) {
        if (this.#candidates.get(provider)?.source !== 'given') continue;
        refuse(`it needs ${capability}, which is synchronous, and ${provider} was handed over as an object`);
      }
    }
  }

  /** What fits, what does not, and by how much. */
  #checkFit(): readonly Fit[] {
    const { device } = this.#manifest;
    const { machine } = this.#input;
    const tenants = [...this.#candidates.values()];
    const fit = fitOf(tenants, device, machine);
    for (const lack of fit.filter(({ fits }) => !fits)) {
      const key =
        lack.resource === 'memory' || lack.resource === 'disk' ? `${lack.resource}MiB` : lack.resource;
      this.#problems.push(problem('KERNEL_DEVICE_TOO_SMALL', lack, { at: this.#at('device', key) }));
    }
    if (Object.keys(device).length > 0 && machine) {
      for (const lack of fitOf(tenants, {}, machine).filter(({ fits }) => !fits)) {
        const { message } = problem('KERNEL_DEVICE_TOO_SMALL', lack);
        this.#warnings.add(message);
      }
    }
    return fit;
  }

  #configure({ entry, declaration }: Candidate): ResolvedConfig {
    const { files = new Map(), manifest } = this.#input;
    const fill = { environment: this.#environment, files, directory: manifest.directory };
    const resolved = resolveConfig(entry, declaration.config, fill, manifest);
    this.#problems.push(...resolved.problems);
    for (const warning of resolved.warnings) this.#warnings.add(warning);
    return resolved;
  }

  /** Puts bound providers first, in the order of the binding, and drops the others of that capability. */
  #applyBindings(): void {
    for (const [capability, names] of this.#manifest.bind) {
      const offers = this.#offers.get(capability) ?? [];
      const chosen: ProviderRef[] = [];
      for (const name of names) {
        const offer = offers.filter(({ plugin }) => plugin === name);
        chosen.push(...offer);
        if (offer.length > 0 || this.#isLost(name)) continue;
        const candidates = offers.map(({ plugin }) => plugin);
        const details = { capability, plugin: name, candidates, near: nearest(name, candidates) };
        const at = this.#at('bind', capability, name);
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
        const absent = this.#excluded();
        const itself = { plugin: entry.key, why: 'a plugin does not serve itself' };
        const extra = { ...found(), excluded: this.#offers.has(capability) ? [itself, ...absent] : absent };
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
  #excluded(): NonNullable<Problem['excluded']> {
    this.#absent ??= [...this.#manifest.plugins.keys()].flatMap((plugin) => {
      if (this.#candidates.has(plugin)) return [];
      const when = this.#skipped.get(plugin);
      return {
        plugin,
        why: when === undefined ? 'nothing is known about it' : `its "when: ${when}" does not hold`,
      };
    });
    return this.#absent;
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
    const offers = this.#offers.get(id) ?? [];
    if (offers.length === 0) {
      const extra = { at: this.#at('requires', promise), excluded: this.#excluded() };
      this.#problems.push(problem('KERNEL_NOTHING_PROMISED', { capability: id }, extra));
    } else if (range !== undefined && !offers.some(({ version }) => satisfies(version, range))) {
      const found = offers.map(describeOffer);
      const details = { capability: id, wantedBy: 'The manifest', range, found };
      const at = this.#at('requires', promise);
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

function localMembers(methods: DeclaredContract['methods']): readonly string[] {
  return Object.keys(methods).filter((member) => methods[member] === 'local');
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
    answer = libraries.semver.satisfies(version, range, { includePrerelease: true });
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
