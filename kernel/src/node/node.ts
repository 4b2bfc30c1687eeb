import { setMaxListeners } from 'node:events';
import { childController, openDeadline } from '../deadline.js';
import { KernelError } from '../errors.js';
import { findingOf } from '../plan/find-plugins.js';
import { type Plan, type PlannedPlugin, type ProviderRef, plan } from '../plan/plan.js';
import { type Planned, type PlanOptions, planManifest } from '../plan/plan-manifest.js';
import type { Capability } from '../plugin/capability.js';
import { declarationOf } from '../plugin/declaration.js';
import type { Plugin } from '../plugin/plugin.js';
import { describeNode } from './describe-node.js';
import { eventStream, type LostEvents } from './event-stream.js';
import { importDefault, importPlugin } from './import-plugin.js';
import type { Placement } from './placement.js';
import { dependsOn, factsOf, isUnchanged, levelsOf } from './plan-change.js';
import type { NodeDescription, NodeEvent, PluginStatus } from './plugin-status.js';
import { RunningPlugin } from './running-plugin.js';
import { startPlugins } from './start-plugins.js';
import { Switchboard } from './switchboard.js';

export interface StartOptions {
  /** Gives up starting; what is already up is rolled back. */
  readonly signal?: AbortSignal | undefined;
  /** Longest start of the whole node. Default 60,000. */
  readonly startTimeoutMs?: number | undefined;
  /** Longest stop of the whole node; one plugin gets at most 5,000 of it. Default 30,000. */
  readonly stopTimeoutMs?: number | undefined;
  /** Called in order, synchronously; must not throw. */
  readonly onEvent?: ((event: NodeEvent) => void) | undefined;
  /** Ways to run plugins in other places; what is not here is looked up as a package. */
  readonly placements?: readonly Placement[] | undefined;
  /**
   * Whether plugins can be replaced while the node runs. Consumers then get seats that follow their provider instead of
   * the provider object itself, which costs some 55 ns a call. Default `false`.
   */
  readonly replaceable?: boolean | undefined;
}

export interface ChangeOptions {
  /** Gives up the change; everything goes on as it was. */
  readonly signal?: AbortSignal | undefined;
  /** Longest wait until what was replaced has finished its calls and streams; then they are aborted. Default 600,000. */
  readonly drainTimeoutMs?: number | undefined;
}

/** What became of a change. */
export interface Change {
  /** Plugins that were started, and those that are no longer there or made way. */
  readonly started: readonly string[];
  readonly stopped: readonly string[];
  /** Settles when everything that made way has finished and is released. Never rejects. */
  readonly drained: Promise<void>;
}

const slowAfterMs = 5_000;
const pluginStopMs = 5_000;
const defaultStartMs = 60_000;
const defaultStopMs = 30_000;
const defaultDrainMs = 600_000;

/** A running set of plugins. Stop it, or hold it with `await using`. */
export class Node implements AsyncDisposable {
  readonly #board: Switchboard;
  readonly #options: StartOptions;
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  readonly #placements = new Map<string, Promise<Placement>>();
  readonly #lifetime = new AbortController();
  /** Replaced generations that still finish what they had begun. */
  readonly #retired = new Map<RunningPlugin, Promise<void>>();
  #planned: Planned;
  /** Plugins in the order in which they came up. */
  #started: RunningPlugin[] = [];
  #changing: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #isOver = false;

  private constructor(planned: Planned, options: StartOptions) {
    this.#planned = planned;
    this.#options = options;
    this.#board = new Switchboard(options.replaceable ?? false);
    // One listener for each generation that drains.
    setMaxListeners(0, this.#lifetime.signal);
    if (options.onEvent) this.#listeners.add(options.onEvent);
  }

  /**
   * Starts every plugin of a sound plan, each as soon as what it needs is up. If a required one fails, the others are
   * given up, everything is rolled back in reverse order, and one error tells what happened to each.
   */
  static async start(planned: Planned, options: StartOptions = {}): Promise<Node> {
    assertStartable(planned.plan);
    const node = new Node(planned, options);
    for (const message of planned.plan.warnings) node.#emit({ type: 'warning', message });
    await node.#start();
    return node;
  }

  /** What the node follows now. */
  get plan(): Plan {
    return this.#planned.plan;
  }

  /** State of every plugin, in start order. */
  get plugins(): readonly PluginStatus[] {
    return [...this.#board.current.values()].map(({ status }) => status);
  }

  /** `ready`, or `degraded` when something is missing or lossy, or `stopped`. */
  get state(): 'ready' | 'degraded' | 'stopped' {
    if (this.#stopping) return 'stopped';
    return this.plugins.every(({ state }) => state === 'ready') ? 'ready' : 'degraded';
  }

  /** Whether every capability that the manifest promises is served. */
  get ready(): boolean {
    if (this.#stopping) return false;
    const { requires, bindings } = this.plan;
    return requires.every((promise) => {
      const refs = bindings.get(promise.split('@')[0] ?? promise) ?? [];
      return this.#board.serving(refs).length > 0;
    });
  }

  /** Everything the node can tell about itself, as plain data: who serves what, circuits, facts of plugins. */
  describe(): NodeDescription {
    const { plan, state, ready: isReady } = this;
    return describeNode({ plan, state, isReady, board: this.#board, retired: this.#retired.keys() });
  }

  /** Hears of every change; call the result to stop listening. */
  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Every change from the first read on. A reader that is more than `capacity` (256) events behind loses the oldest and is
   * told how many. Ends when `signal` aborts, or after the node has stopped.
   */
  events(
    options: { readonly capacity?: number; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<NodeEvent | LostEvents, undefined, undefined> {
    const { capacity = 256, signal } = options;
    const isOver = () => this.#isOver;
    return eventStream((listener) => this.subscribe(listener), { capacity, signal, isOver });
  }

  /**
   * The provider of a capability: the bound one, else the only one.
   * Throws `KERNEL_PROVIDER_MISSING`, `_AMBIGUOUS` or `_NOT_READY`.
   */
  get<T, F>(capability: Capability<T, F>): T {
    const token = capability as Capability<unknown>;
    const providers = this.#refs(token);
    if (providers.length === 0) {
      const listed = [...this.#board.current.keys()];
      const wanted = `${capability.id} ${capability.version}`;
      throw new KernelError('KERNEL_PROVIDER_MISSING', { capability: wanted, listed });
    }
    if (providers.length > 1 && !capability.compose) {
      const candidates = providers.map(({ plugin }) => plugin);
      throw new KernelError('KERNEL_PROVIDER_AMBIGUOUS', { capability: capability.id, candidates });
    }
    return this.#board.combine(token, providers, 'host') as T;
  }

  /** Every serving provider of a capability, in order of preference; possibly none. */
  getAll<T, F>(capability: Capability<T, F>): readonly T[] {
    const token = capability as Capability<unknown>;
    return this.#board.serving(this.#refs(token)).map((ref) => this.#board.live(token, ref, 'host') as T);
  }

  /** Whether `get` would succeed now. */
  has<T, F>(capability: Capability<T, F>): boolean {
    if (this.#stopping) return false;
    const refs = this.#refs(capability as Capability<unknown>);
    const isOne = refs.length === 1 || capability.compose !== undefined;
    return isOne && this.#board.serving(refs).length > 0;
  }

  /**
   * Puts another plugin in the place of `name` while the node runs. The new one starts beside the old one; calls that were
   * under way, and open streams, finish on the old one, later ones go to the new one, and no call fails. If the new one
   * does not start, everything stays as it was and `KERNEL_CHANGE_FAILED` says why. Needs a node that was booted with
   * `replaceable`; what does not fit is refused with `KERNEL_PLAN_INVALID` before anything is touched.
   */
  replace(name: string, plugin: Plugin, options: ChangeOptions = {}): Promise<Change> {
    return this.#exclusively(options, async (signal) => {
      if (!this.#board.current.has(name)) {
        const listed = [...this.#board.current.keys()];
        throw new KernelError('KERNEL_PLUGIN_NOT_HERE', { plugin: name, listed });
      }
      const { input } = this.#planned;
      const declaration = declarationOf(plugin);
      const plugins = new Map(input.plugins).set(name, { state: 'found', declaration, given: plugin });
      const next = { ...this.#planned, input: { ...input, plugins } };
      return await this.#follow({ ...next, plan: plan(next.input) }, new Set([name]), signal, options);
    });
  }

  /**
   * Follows another manifest, planned with the options that this node was booted with: starts what is new, stops what is
   * gone, replaces what is different (as `replace` does), and leaves the rest alone. All or nothing: if something required
   * does not start, the node goes on as it was.
   */
  reload(
    manifest: PlanOptions['manifest'],
    options: ChangeOptions & Partial<PlanOptions> = {},
  ): Promise<Change> {
    return this.#exclusively(options, async (signal) => {
      const next = await planManifest({ ...this.#planned.options, ...options, manifest });
      return await this.#follow(next, new Set(), signal, options);
    });
  }

  /** Stops in reverse order, goes on past errors, and then reports them (`KERNEL_STOP_FAILED`). Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll(new KernelError('KERNEL_NODE_STOPPED', { tier: this.plan.tier }));
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get #stopMs(): number {
    return this.#options.stopTimeoutMs ?? defaultStopMs;
  }

  async #start(): Promise<void> {
    const { signal, startTimeoutMs = defaultStartMs } = this.#options;
    for (const planned of this.plan.plugins) this.#board.current.set(planned.key, this.#open(planned));
    const failure = await this.#bringUp([...this.#board.current.values()], {
      signal,
      timeoutMs: startTimeoutMs,
      isRequired: ({ planned }) => planned.entry.boot === 'required',
    });
    if (failure === undefined) return;
    this.#stopping = this.#stopAll(failure).catch(() => undefined);
    await this.#stopping;
    throw failure;
  }

  async #bringUp(
    plugins: readonly RunningPlugin[],
    options: {
      readonly signal: AbortSignal | undefined;
      readonly timeoutMs: number;
      readonly isRequired: (running: RunningPlugin) => boolean;
    },
  ): Promise<unknown> {
    using _slow = this.#watchSlow('start-slow', ['planned', 'starting'], plugins);
    return await startPlugins(plugins, {
      ...options,
      tier: this.plan.tier,
      board: this.#board,
      releaseMs: Math.min(pluginStopMs, this.#stopMs),
      onUp: (running) => this.#started.push(running),
    });
  }

  #open(planned: PlannedPlugin, generation = 1, from: Planned = this.#planned): RunningPlugin {
    return new RunningPlugin(
      planned,
      () => this.#load(planned, from),
      { emit: (event) => this.#emit(event), node: { describe: async () => this.describe() } },
      generation,
    );
  }

  async #load(planned: PlannedPlugin, from: Planned): Promise<Plugin> {
    const { plan } = from;
    const { source, entry, declaration } = planned;
    if (source === 'catalogue') {
      const packages = [`${declaration.name}@${declaration.version}`];
      throw new KernelError('KERNEL_PACKAGES_MISSING', { tier: plan.tier, packages });
    }
    if (entry.placement !== 'inline') {
      const placement = await this.#placement(entry.placement, plan);
      return placement.place(planned, {
        provider: (ref) => this.#board.provider(ref),
        planned: (plugin) => this.#board.planned(plugin),
        plugins: () => plan.plugins,
        subscribe: (listener) => this.subscribe(listener),
        describe: () => this.describe(),
      });
    }
    return givenFor(planned, from) ?? (await importPlugin(planned));
  }

  #placement(name: string, { placements }: Plan): Promise<Placement> {
    const known = this.#placements.get(name);
    if (known) return known;
    const given = this.#options.placements?.find((placement) => placement.name === name);
    const loading = given
      ? Promise.resolve(given)
      : importDefault(placements.get(name) ?? '').then((loaded) => loaded as Placement);
    this.#placements.set(name, loading);
    return loading;
  }

  /** One change at a time, none on a node that cannot be changed, and none that outlives the node. */
  async #exclusively(
    { signal }: ChangeOptions,
    change: (signal: AbortSignal) => Promise<Change>,
  ): Promise<Change> {
    const { tier } = this.plan;
    if (!this.#options.replaceable) throw new KernelError('KERNEL_NOT_REPLACEABLE', { tier });
    const before = this.#changing;
    const run = async () => {
      await before;
      signal?.throwIfAborted();
      if (this.#stopping) throw new KernelError('KERNEL_NODE_STOPPED', { tier });
      using child = childController(signal);
      const end = () => child.abort(this.#lifetime.signal.reason);
      this.#lifetime.signal.addEventListener('abort', end, { once: true });
      try {
        return await change(child.signal);
      } finally {
        this.#lifetime.signal.removeEventListener('abort', end);
      }
    };
    const running = run();
    this.#changing = running.catch(() => undefined);
    return await running;
  }

  async #follow(
    next: Planned,
    named: ReadonlySet<string>,
    signal: AbortSignal,
    { drainTimeoutMs = defaultDrainMs }: ChangeOptions,
  ): Promise<Change> {
    assertStartable(next.plan);
    const { current } = this.#board;
    const before = new Map(current);
    const fresh: RunningPlugin[] = [];
    const altered = new Set<string>();
    const isNew = ({ planned }: RunningPlugin) => before.get(planned.key)?.isServing !== true;
    for (const level of levelsOf(next.plan)) {
      const changed = level.filter((wanted) => {
        const old = before.get(wanted.key);
        const isSame = givenFor(wanted, next) === givenFor(wanted, this.#planned);
        const stays = old?.isServing && isSame && isUnchanged(old.planned, wanted);
        return !stays || named.has(wanted.key) || dependsOn(wanted, altered);
      });
      const coming = changed.map((wanted) => {
        return this.#open(wanted, (before.get(wanted.key)?.status.generation ?? 0) + 1, next);
      });
      fresh.push(...coming);
      const failure = await this.#bringUp(coming, {
        signal,
        timeoutMs: this.#options.startTimeoutMs ?? defaultStartMs,
        isRequired: (running) => running.planned.entry.boot === 'required' || !isNew(running),
      });
      if (failure !== undefined) {
        await this.#undo(before, fresh, failure);
        throw new KernelError('KERNEL_CHANGE_FAILED', { finding: findingOf(failure) }, { cause: failure });
      }
      for (const running of coming) {
        const old = before.get(running.planned.key);
        if (old && !sameFacts(old, running)) altered.add(running.planned.key);
        current.set(running.planned.key, running);
      }
    }
    const kept = new Set(next.plan.plugins.map(({ key }) => key));
    for (const key of before.keys()) if (!kept.has(key)) current.delete(key);
    const leaving = [...before.values()].filter((old) => current.get(old.planned.key) !== old);
    this.#planned = next;
    for (const message of next.plan.warnings) this.#emit({ type: 'warning', message });
    // From now on the plan tells who must outlive whom.
    this.#started = next.plan.plugins.flatMap(({ key }) => current.get(key) ?? []);
    const started = fresh.map(({ planned }) => planned.key);
    const stopped = leaving.map(({ planned }) => planned.key);
    this.#emit({ type: 'plan-changed', started, stopped });
    const drained = this.#retire(leaving.reverse(), drainTimeoutMs);
    return { started, stopped, drained };
  }

  /** Everything as it was before a change that failed. */
  async #undo(
    before: ReadonlyMap<string, RunningPlugin>,
    fresh: readonly RunningPlugin[],
    reason: unknown,
  ): Promise<void> {
    const { current } = this.#board;
    for (const { planned } of fresh) {
      const old = before.get(planned.key);
      if (old) current.set(planned.key, old);
      else current.delete(planned.key);
    }
    this.#started = this.#started.filter((running) => !fresh.includes(running));
    using deadline = openDeadline(this.#lifetime.signal, this.#stopMs, () => reason);
    for (const running of [...fresh].reverse()) {
      await running.whenIdle(deadline.signal).catch(() => undefined);
      await running.release(reason, pluginStopMs);
    }
  }

  /** Lets generations finish what they had begun, and then releases them, in this order. */
  async #retire(leaving: readonly RunningPlugin[], timeoutMs: number): Promise<void> {
    let last = Promise.resolve();
    for (const running of leaving) {
      const before = last;
      const { key } = running.planned;
      last = (async () => {
        using deadline = openDeadline(this.#lifetime.signal, timeoutMs, () => {
          return new KernelError('KERNEL_DRAIN_TIMEOUT', { plugin: key, waitedMs: timeoutMs });
        });
        const late = await running.whenIdle(deadline.signal).catch((error: unknown) => error);
        await before;
        await running.release(
          late ?? new KernelError('KERNEL_PLUGIN_REPLACED', { plugin: key }),
          pluginStopMs,
        );
        this.#retired.delete(running);
      })();
      this.#retired.set(running, last);
    }
    await last;
  }

  /** Tells once a second who is awaited, for as long as that takes too long. */
  #watchSlow(
    type: 'start-slow' | 'stop-slow',
    states: readonly PluginStatus['state'][],
    plugins: readonly RunningPlugin[],
  ): Disposable {
    const startedMs = performance.now();
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - startedMs;
      if (elapsedMs < slowAfterMs) return;
      const awaited = plugins.filter(({ status }) => states.includes(status.state));
      this.#emit({ type, awaiting: awaited.map(({ planned }) => planned.key), elapsedMs });
    }, 1_000);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  async #stopAll(reason: unknown): Promise<void> {
    const startedMs = performance.now();
    this.#lifetime.abort(reason);
    await this.#changing;
    await Promise.all(this.#retired.values());
    const others = [...this.#board.current.values()].filter((running) => !this.#started.includes(running));
    const plugins = [...this.#started, ...others].reverse();
    using _slow = this.#watchSlow('stop-slow', ['draining'], plugins);
    const failures: { plugin: string; finding: string }[] = [];
    for (const running of plugins) {
      const leftMs = this.#stopMs - (performance.now() - startedMs);
      const errors = await running.release(reason, Math.max(Math.min(pluginStopMs, leftMs), 100));
      const plugin = running.planned.key;
      failures.push(...errors.map((error) => ({ plugin, finding: messageOf(error) })));
    }
    this.#isOver = true;
    this.#emit({ type: 'node-stopped', tier: this.plan.tier });
    if (failures.length > 0) throw new KernelError('KERNEL_STOP_FAILED', { failures });
  }

  #refs(capability: Capability<unknown>): readonly ProviderRef[] {
    if (this.#stopping) throw new KernelError('KERNEL_NODE_STOPPED', { tier: this.plan.tier });
    return (this.plan.bindings.get(capability.id) ?? []).filter(({ plugin, provider }) =>
      this.#board.current.get(plugin)?.provides(provider, capability),
    );
  }

  #emit(event: NodeEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // A broken observer must not change how the node starts or stops.
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }
}

/** Refuses a plan with problems, and one whose packages are not all here. */
function assertStartable({ problems, source, tier, plugins, install }: Plan): void {
  if (problems.length > 0) throw new KernelError('KERNEL_PLAN_INVALID', { source, problems });
  const isLacking = plugins.some(
    (planned) => planned.source === 'catalogue' && planned.entry.boot === 'required',
  );
  if (!isLacking) return;
  const packages = install.map(({ package: name, version }) => `${name}@${version}`);
  throw new KernelError('KERNEL_PACKAGES_MISSING', { tier, packages });
}

/** The object that was handed over for a plugin. */
function givenFor({ key }: PlannedPlugin, { input }: Planned): Plugin | undefined {
  const found = input.plugins.get(key);
  return found?.state === 'found' ? found.given : undefined;
}

function sameFacts(one: RunningPlugin, other: RunningPlugin): boolean {
  return JSON.stringify(factsOf(one)) === JSON.stringify(factsOf(other));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
