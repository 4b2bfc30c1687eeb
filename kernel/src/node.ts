import type { Capability } from './capability.js';
import { openDeadline } from './deadline.js';
import { isTiercelError } from './define-errors.js';
import { KernelError } from './errors.js';
import type { Plan, PlannedDep, ProviderRef } from './plan.js';
import type { Plugin } from './plugin.js';
import type { NodeEvent, PluginStatus } from './plugin-status.js';
import { normalizeRequirement } from './requirement.js';
import { RunningPlugin } from './running-plugin.js';

export interface StartOptions {
  /** Gives up starting; what is already up is rolled back. */
  readonly signal?: AbortSignal | undefined;
  /** Longest start of the whole node. Default 60,000. */
  readonly startTimeoutMs?: number | undefined;
  /** Longest stop of the whole node; one plugin gets at most 5,000 of it. Default 30,000. */
  readonly stopTimeoutMs?: number | undefined;
  /** Called in order, synchronously; must not throw. */
  readonly onEvent?: ((event: NodeEvent) => void) | undefined;
}

const slowAfterMs = 5_000;
const pluginStopMs = 5_000;

/** A running set of plugins. Stop it, or hold it with `await using`. */
export class Node implements AsyncDisposable {
  readonly plan: Plan;
  readonly #running: ReadonlyMap<string, RunningPlugin>;
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  readonly #stopTimeoutMs: number;
  /** Plugins in the order in which they came up. */
  readonly #started: RunningPlugin[] = [];
  #stopping: Promise<void> | undefined;

  private constructor(plan: Plan, plugins: ReadonlyMap<string, Plugin>, options: StartOptions) {
    this.plan = plan;
    this.#stopTimeoutMs = options.stopTimeoutMs ?? 30_000;
    if (options.onEvent) this.#listeners.add(options.onEvent);
    const emit = (event: NodeEvent) => this.#emit(event);
    this.#running = new Map(
      plan.plugins.map((planned) => {
        const plugin = plugins.get(planned.key);
        if (!plugin) throw new KernelError('KERNEL_PLUGIN_NOT_GIVEN', { plugin: planned.key });
        return [planned.key, new RunningPlugin(planned, plugin, emit)];
      }),
    );
  }

  /**
   * Starts every plugin of a sound plan, each as soon as what it needs is up. If a required one fails, the others are
   * given up, everything is rolled back in reverse order, and one error tells what happened to each.
   */
  static async start(
    plan: Plan,
    plugins: ReadonlyMap<string, Plugin>,
    options: StartOptions = {},
  ): Promise<Node> {
    if (plan.problems.length > 0) {
      throw new KernelError('KERNEL_PLAN_INVALID', { source: plan.source, problems: plan.problems });
    }
    const node = new Node(plan, plugins, options);
    for (const message of plan.warnings) node.#emit({ type: 'warning', message });
    await node.#start(options);
    return node;
  }

  /** State of every plugin, in start order. */
  get plugins(): readonly PluginStatus[] {
    return [...this.#running.values()].map(({ status }) => status);
  }

  /** `ready`, or `degraded` when something is missing or lossy, or `stopped`. */
  get state(): 'ready' | 'degraded' | 'stopped' {
    if (this.#stopping) return 'stopped';
    return this.plugins.every(({ state }) => state === 'ready') ? 'ready' : 'degraded';
  }

  /** Hears of every change; call the result to stop listening. */
  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The provider of a capability: the bound one, else the only one.
   * Throws `KERNEL_PROVIDER_MISSING`, `_AMBIGUOUS` or `_NOT_READY`.
   */
  get<T, F>(capability: Capability<T, F>): T {
    const providers = this.#refs(capability as Capability<unknown>);
    const [first] = providers;
    if (!first) {
      const listed = [...this.#running.keys()];
      const wanted = `${capability.id} ${capability.version}`;
      throw new KernelError('KERNEL_PROVIDER_MISSING', { capability: wanted, listed });
    }
    if (providers.length > 1 && !capability.compose) {
      const candidates = providers.map(({ plugin }) => plugin);
      throw new KernelError('KERNEL_PROVIDER_AMBIGUOUS', { capability: capability.id, candidates });
    }
    return this.#combine(capability as Capability<unknown>, providers, 'host') as T;
  }

  /** Every serving provider of a capability, in order of preference; possibly none. */
  getAll<T, F>(capability: Capability<T, F>): readonly T[] {
    const token = capability as Capability<unknown>;
    return this.#serving(this.#refs(token)).map((ref) => this.#live(token, ref, 'host') as T);
  }

  /** Whether `get` would succeed now. */
  has<T, F>(capability: Capability<T, F>): boolean {
    if (this.#stopping) return false;
    const refs = this.#refs(capability as Capability<unknown>);
    const isOne = refs.length === 1 || capability.compose !== undefined;
    return isOne && this.#serving(refs).length > 0;
  }

  /** Stops in reverse order, goes on past errors, and then reports them (`KERNEL_STOP_FAILED`). Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll(new KernelError('KERNEL_NODE_STOPPED', { tier: this.plan.tier }));
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #start(options: StartOptions): Promise<void> {
    const failure = await this.#startAll(options);
    if (failure === undefined) return;
    this.#stopping = this.#stopAll(failure).catch(() => undefined);
    await this.#stopping;
    throw failure;
  }

  /** Starts every plugin and waits until each is up or given up; returns why the node cannot stay up, if so. */
  async #startAll({ signal, startTimeoutMs = 60_000 }: StartOptions): Promise<unknown> {
    const { tier } = this.plan;
    const aborted = () => new KernelError('KERNEL_BOOT_ABORTED', { tier }, { cause: signal?.reason });
    const late = () => {
      const details = { waitedMs: startTimeoutMs, awaiting: this.#inState('starting') };
      return new KernelError('KERNEL_BOOT_TIMEOUT', details);
    };
    using deadline = openDeadline(signal, startTimeoutMs, late);
    using _slow = this.#watchSlow('start-slow', 'starting');
    const siblings = new AbortController();
    const giveUp = () => siblings.abort(signal?.aborted ? aborted() : deadline.signal.reason);
    if (deadline.signal.aborted) giveUp();
    else deadline.signal.addEventListener('abort', giveUp, { once: true });

    let firstError: unknown;
    const causes = new Set<string>();
    const ups = new Map<string, Promise<void>>();
    const releases: Promise<unknown>[] = [];
    // The plan is in dependency order, so each promise exists before it is awaited.
    for (const running of this.#running.values()) {
      const { key, entry } = running.planned;
      const up = this.#startOne(running, ups, siblings.signal).catch((error: unknown) => {
        if (!siblings.signal.aborted || !isConsequence(error)) causes.add(key);
        if (entry.boot === 'required') {
          firstError ??= error;
          siblings.abort(new KernelError('KERNEL_SIBLING_FAILED', { plugin: key }));
        }
        releases.push(running.release(error, Math.min(pluginStopMs, this.#stopTimeoutMs)));
      });
      ups.set(key, up);
    }
    await Promise.all(ups.values());
    await Promise.all(releases);

    if (signal?.aborted) return aborted();
    // Too late for plugins that may be missing is not too late for the node.
    if (firstError === undefined || firstError === deadline.signal.reason) return firstError;
    const results = this.plugins.map(({ plugin, state, reason }) => {
      return { plugin, state, reason, isCause: causes.has(plugin) };
    });
    return new KernelError('KERNEL_BOOT_FAILED', { tier, results }, { cause: firstError });
  }

  /** Tells once a second who is awaited, for as long as that takes too long. */
  #watchSlow(type: 'start-slow' | 'stop-slow', state: PluginStatus['state']): Disposable {
    const startedMs = performance.now();
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - startedMs;
      if (elapsedMs >= slowAfterMs) this.#emit({ type, awaiting: this.#inState(state), elapsedMs });
    }, 1_000);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  async #startOne(
    running: RunningPlugin,
    ups: ReadonlyMap<string, Promise<void>>,
    signal: AbortSignal,
  ): Promise<void> {
    await Promise.all([...running.planned.after].map((key) => ups.get(key)));
    const obstacle = signal.aborted ? signal.reason : this.#lostDependency(running.planned.deps);
    if (obstacle !== undefined) {
      running.giveUp(messageOf(obstacle));
      throw obstacle;
    }
    await running.start(this.#depsOf(running), signal);
    this.#started.push(running);
  }

  /** The first dependency that this plugin cannot do without and that did not come up. */
  #lostDependency(deps: readonly PlannedDep[]): KernelError | undefined {
    const lost = deps.find(({ kind, providers }) => kind === 'one' && this.#serving(providers).length === 0);
    return lost && this.#notReady(lost.capability, lost.providers);
  }

  #notReady(capability: string, [ref]: readonly ProviderRef[]): KernelError {
    const plugin = ref?.plugin ?? 'nobody';
    const state = this.#running.get(plugin)?.status.state ?? 'absent';
    return new KernelError('KERNEL_PROVIDER_NOT_READY', { capability, plugin, state });
  }

  async #stopAll(reason: unknown): Promise<void> {
    const startedMs = performance.now();
    using _slow = this.#watchSlow('stop-slow', 'draining');
    const failures: { plugin: string; finding: string }[] = [];
    const others = [...this.#running.values()].filter((running) => !this.#started.includes(running));
    for (const running of [...this.#started, ...others].reverse()) {
      const leftMs = this.#stopTimeoutMs - (performance.now() - startedMs);
      const errors = await running.release(reason, Math.max(Math.min(pluginStopMs, leftMs), 100));
      const plugin = running.planned.key;
      failures.push(...errors.map((error) => ({ plugin, finding: messageOf(error) })));
    }
    if (failures.length > 0) throw new KernelError('KERNEL_STOP_FAILED', { failures });
  }

  #depsOf(running: RunningPlugin): Readonly<Record<string, unknown>> {
    const { key, deps } = running.planned;
    return Object.fromEntries(
      deps.map(({ dep, kind, providers }) => {
        const { capability } = normalizeRequirement(running.requires[dep], dep);
        if (kind === 'many')
          return [dep, this.#serving(providers).map((ref) => this.#live(capability, ref, key))];
        if (kind === 'lazy') return [dep, () => this.#combine(capability, providers, key)];
        const serving = this.#serving(providers);
        return [dep, serving.length === 0 ? undefined : this.#combine(capability, serving, key)];
      }),
    );
  }

  #refs(capability: Capability<unknown>): readonly ProviderRef[] {
    if (this.#stopping) throw new KernelError('KERNEL_NODE_STOPPED', { tier: this.plan.tier });
    return (this.plan.bindings.get(capability.id) ?? []).filter(({ plugin, provider }) =>
      this.#running.get(plugin)?.provides(provider, capability),
    );
  }

  #serving(refs: readonly ProviderRef[]): readonly ProviderRef[] {
    return refs.filter(({ plugin }) => this.#running.get(plugin)?.isServing);
  }

  /** One object that stands for all of `refs`: the provider itself where there is one. */
  #combine(capability: Capability<unknown>, refs: readonly ProviderRef[], consumer: string): unknown {
    const serving = this.#serving(refs);
    const [first] = serving;
    if (!first) throw this.#notReady(capability.id, refs);
    if (serving.length === 1 || !capability.compose) return this.#live(capability, first, consumer);
    return capability.compose(
      serving.map((ref) => ({ plugin: ref.plugin, provider: this.#live(capability, ref, consumer) })),
    );
  }

  #live(capability: Capability<unknown>, ref: ProviderRef, consumer: string): unknown {
    const provider = this.#running.get(ref.plugin)?.provider(ref.provider);
    return capability.view ? capability.view(provider, { plugin: consumer }) : provider;
  }

  #inState(state: PluginStatus['state']): readonly string[] {
    return this.plugins.filter((status) => status.state === state).map(({ plugin }) => plugin);
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

/** Whether a plugin failed only because another one did. */
function isConsequence(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (isTiercelError(cause, 'KERNEL_SIBLING_FAILED')) return true;
  }
  return isTiercelError(error, 'KERNEL_PROVIDER_NOT_READY');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
