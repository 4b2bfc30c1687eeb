import { openDeadline, raceSignal } from '../deadline.js';
import { isTiercelError } from '../define-errors.js';
import { KernelError } from '../errors.js';
import { findingOf } from '../plan/find-plugins.js';
import type { PlannedPlugin } from '../plan/plan.js';
import { type Capability, capabilityKey } from '../plugin/capability.js';
import type { ErasedSetupContext, NodeView, Plugin, PluginHealth } from '../plugin/plugin.js';
import { Ownership } from './ownership.js';
import type { NodeEvent, PluginState, PluginStatus } from './plugin-status.js';
import { PluginRegistry } from './registry.js';

/** What a running plugin sees of its node, and tells it. */
export interface PluginHost {
  readonly node: NodeView;
  emit(event: NodeEvent): void;
}

/** One generation of a plugin on one node, from its import to its release. */
export class RunningPlugin {
  readonly planned: PlannedPlugin;
  readonly #load: () => Promise<Plugin> | Plugin;
  #plugin: Plugin | undefined;
  readonly #host: PluginHost;
  readonly #abort = new AbortController();
  readonly #ownership: Ownership;
  /** Provider → identity of its contract. */
  readonly #contracts: ReadonlyMap<string, symbol>;
  #status: PluginStatus;
  #providers: Readonly<Record<string, unknown>> = {};
  /** Reported while setup was still going on. */
  #earlyLoss: string | undefined;
  /** Setup once begun, settled or not. */
  #setup: Promise<unknown> = Promise.resolve();
  #released: Promise<readonly unknown[]> | undefined;
  #readFacts: (() => Readonly<Record<string, unknown>>) | undefined;
  #calls = 0;
  #onIdle: (() => void) | undefined;

  /** @param plugin the plugin, or how to get at it */
  constructor(
    planned: PlannedPlugin,
    plugin: Plugin | (() => Promise<Plugin>),
    host: PluginHost,
    generation = 1,
  ) {
    this.planned = planned;
    this.#load = typeof plugin === 'function' ? plugin : () => plugin;
    this.#host = host;
    this.#ownership = new Ownership((error) =>
      host.emit({ type: 'release-failed', plugin: planned.key, error }),
    );
    const { name, version, provides } = planned.declaration;
    this.#contracts = new Map(
      provides.map((one) => [one.provider, capabilityKey(one.capability, one.version)]),
    );
    this.#status = {
      plugin: planned.key,
      package: name,
      version,
      generation,
      state: 'planned',
      sinceMs: Date.now(),
    };
  }

  get status(): PluginStatus {
    return this.#status;
  }

  /** The plugin's own requirements, with their tokens; empty before it is loaded. */
  get requires(): Readonly<Record<string, unknown>> {
    return this.#plugin?.requires ?? {};
  }

  get isServing(): boolean {
    return this.#status.state === 'ready' || this.#status.state === 'degraded';
  }

  /** Calls and streams that were begun through a seat and are not over. */
  get calls(): number {
    return this.#calls;
  }

  /** What the plugin tells about itself. */
  get facts(): Readonly<Record<string, unknown>> | undefined {
    try {
      return this.#readFacts?.();
    } catch (error) {
      return { error: findingOf(error) };
    }
  }

  /** Whether the provider under `key` is of this very contract, and not of another major version. */
  provides(key: string, capability: Pick<Capability<unknown>, 'key'>): boolean {
    return this.#contracts.get(key) === capability.key;
  }

  /** The live object that `setup` returned under `key`. */
  provider(key: string): unknown {
    return this.#providers[key];
  }

  /** A call or stream begins. */
  readonly enter = (): void => {
    this.#calls++;
  };

  /** A call or stream is over. */
  readonly leave = (): void => {
    if (--this.#calls === 0) this.#onIdle?.();
  };

  /** Settles when no call is under way, or with the signal's reason. */
  async whenIdle(signal: AbortSignal): Promise<void> {
    if (this.#calls === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    await raceSignal(idle, signal);
  }

  /** Gets at the plugin's code; no setup runs yet. */
  async load(signal: AbortSignal): Promise<void> {
    try {
      this.#plugin = await raceSignal(Promise.resolve(this.#load()), signal);
      this.#enter('imported');
    } catch (cause) {
      const error = this.#setupError(cause);
      this.#enter('failed', error.message);
      throw error;
    }
  }

  /** Runs `setup` under its deadline. Whatever happens, what it opened is released by `release`. */
  async start(deps: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> {
    const { key, entry } = this.planned;
    const startedMs = performance.now();
    this.#enter('starting');
    const timedOut = () =>
      new KernelError('KERNEL_PLUGIN_SETUP_TIMEOUT', { plugin: key, waitedMs: entry.timeoutMs });
    using deadline = openDeadline(signal, entry.timeoutMs, timedOut);
    const giveUp = () => this.#abort.abort(deadline.signal.reason);
    deadline.signal.addEventListener('abort', giveUp, { once: true });
    try {
      this.#plugin ??= await raceSignal(Promise.resolve(this.#load()), deadline.signal);
      const setup = Promise.resolve(this.#plugin.setup(this.#context(deps)));
      this.#setup = setup.catch(() => undefined);
      const providers = await raceSignal(setup, deadline.signal);
      this.#checkProviders(providers);
      this.#providers = providers;
      const state = this.#earlyLoss === undefined ? 'ready' : 'degraded';
      this.#enter(state, this.#earlyLoss, performance.now() - startedMs);
    } catch (cause) {
      const error = this.#setupError(cause);
      this.#enter('failed', error.message);
      throw error;
    }
  }

  /** Marks a plugin that never started because of another one. */
  giveUp(reason: string): void {
    this.#enter('failed', reason);
  }

  /** Takes no new work, then gives back what the plugin owns. Idempotent; never rejects. */
  release(reason: unknown, timeoutMs: number): Promise<readonly unknown[]> {
    this.#released ??= this.#releaseOnce(reason, timeoutMs);
    return this.#released;
  }

  async #releaseOnce(reason: unknown, timeoutMs: number): Promise<readonly unknown[]> {
    const hadFailed = this.#status.state === 'failed';
    const wasStarted = this.#status.state !== 'planned' && this.#status.state !== 'imported';
    if (this.isServing) this.#enter('draining');
    this.#abort.abort(reason);
    const startedMs = performance.now();
    using deadline = openDeadline(undefined, timeoutMs, () => undefined);
    await raceSignal(this.#setup, deadline.signal).catch(() => undefined);
    const leftMs = Math.max(Math.round(timeoutMs - (performance.now() - startedMs)), 100);
    const errors = await this.#ownership.release(leftMs);
    for (const error of errors) this.#host.emit({ type: 'release-failed', plugin: this.planned.key, error });
    if (!hadFailed && wasStarted) this.#enter('stopped');
    return errors;
  }

  #context(deps: Readonly<Record<string, unknown>>): ErasedSetupContext {
    const { key, config } = this.planned;
    const health = this.#health();
    const { signal } = this.#abort;
    const { node } = this.#host;
    let registry: PluginRegistry | undefined;
    const openRegistry = () => {
      const opened = new PluginRegistry(key, (instance) => this.#ownIfDisposable(instance));
      for (const [dep, requirement] of Object.entries(this.requires)) {
        opened.addDependency(requirement, deps[dep]);
      }
      opened.addContext('config', config);
      opened.addContext('signal', signal);
      opened.addContext('health', health);
      opened.addContext('node', node);
      return opened;
    };
    return {
      name: key,
      deps,
      config,
      signal,
      health,
      node,
      own: (resource) => this.#ownership.own(resource),
      resolve: (type) => {
        registry ??= openRegistry();
        return registry.resolve(type);
      },
    };
  }

  #ownIfDisposable(instance: unknown): void {
    if (typeof instance !== 'object' || instance === null) return;
    if (Symbol.asyncDispose in instance || Symbol.dispose in instance) {
      this.#ownership.own(instance as AsyncDisposable | Disposable);
    }
  }

  #health(): PluginHealth {
    return {
      degraded: (reason) => {
        if (this.#status.state === 'starting') this.#earlyLoss = reason;
        else if (this.isServing) this.#enter('degraded', reason);
      },
      ready: () => {
        this.#earlyLoss = undefined;
        if (this.#status.state === 'degraded') this.#enter('ready');
      },
      facts: (read) => {
        this.#readFacts = read;
      },
    };
  }

  #checkProviders(providers: Readonly<Record<string, unknown>> | undefined): void {
    const { key, declaration } = this.planned;
    const declared = declaration.provides.map(({ provider }) => provider);
    const returned = Object.keys(providers ?? {});
    const missing = declared.filter((name) => !returned.includes(name));
    const surplus = returned.filter((name) => !declared.includes(name));
    if (missing.length > 0 || surplus.length > 0) {
      throw new KernelError('KERNEL_PLUGIN_RETURN_WRONG', { plugin: key, missing, surplus });
    }
    for (const { provider: name, capability, methods } of declaration.provides) {
      const provider = Object(providers?.[name]) as Record<string, unknown>;
      const lacks = Object.entries(methods).filter(([member, shape]) =>
        shape === 'fact' ? provider[member] === undefined : typeof provider[member] !== 'function',
      );
      if (lacks.length === 0) continue;
      const members = lacks.map(([member]) => member);
      const details = { plugin: key, provider: name, capability, missing: members };
      throw new KernelError('KERNEL_PROVIDER_INCOMPLETE', details);
    }
  }

  #setupError(cause: unknown): Error {
    if (isTiercelError(cause) && cause.code.startsWith('KERNEL_')) return cause;
    const finding = cause instanceof Error ? cause.message : String(cause);
    return new KernelError('KERNEL_PLUGIN_SETUP_FAILED', { plugin: this.planned.key, finding }, { cause });
  }

  #enter(state: PluginState, reason?: string, setupMs: number | undefined = this.#status.setupMs): void {
    this.#status = { ...this.#status, state, reason, setupMs, sinceMs: Date.now() };
    this.#host.emit({ type: 'plugin-state', status: this.#status });
  }
}
