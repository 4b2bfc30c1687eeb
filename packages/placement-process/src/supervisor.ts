import {
  KernelError,
  openDeadline,
  type PlacementHost,
  type PlannedPlugin,
  type PluginHealth,
  raceSignal,
} from '@tiercel/kernel';
import { childEnvironment } from './child-environment.js';
import type { Facts, FromChild } from './control-message.js';
import { PlacementError } from './errors.js';
import { ForkedChild } from './forked-child.js';
import type { PlannedChild } from './plan-child.js';
import { ServedDeps } from './served-deps.js';
import { Connection, type Link } from './wire/connection.js';
import type { WireMessage } from './wire/message.js';
import { failedStream } from './wire/remote-stream.js';
import { packError, unpackError } from './wire/wire-error.js';

export interface SupervisorSettings {
  readonly hungAfterMs: number;
  readonly restart: {
    readonly firstMs: number;
    readonly longestMs: number;
    readonly steadyAfterMs: number;
  };
  readonly callLimit: number;
  readonly onOutput: (line: string, plugin: string) => void;
}

/** What `node.describe()` tells about a plugin in a process of its own. */
export interface ChildFacts {
  /** Absent while there is no process. */
  readonly pid: number | undefined;
  /** Resident memory, not older than a third of `hungAfterMs`. */
  readonly rssMiB: number | undefined;
  readonly restarts: number;
  readonly lastExit: string | undefined;
  /** The end of what the process has printed. */
  readonly stderrTail: string;
  /** Notifications and callbacks that were thrown away because one side did not keep up. */
  readonly dropped: number;
  /** What the plugin tells about itself. */
  readonly plugin: Facts | undefined;
}

/** One process, from its fork to its end. */
interface Life {
  readonly child: ForkedChild;
  readonly connection: Connection;
  readonly startedMs: number;
  /** Settles once: with what the plugin's providers state, or with why it did not start. */
  readonly start: Promise<Readonly<Record<string, Facts>>>;
  settleStart(
    outcome: { readonly facts: Readonly<Record<string, Facts>> } | { readonly error: unknown },
  ): void;
  /** Heartbeats in a row without a sign of life. */
  missed: number;
  released: ((errors: readonly unknown[]) => void) | undefined;
  readonly cleanUp: (() => void)[];
}

/** The kernel gives a plugin 5 s to be released. */
const releaseMs = 3_500;
const drainMs = 4_000;
const exitMs = 500;
const beatsUntilHung = 3;

/** Keeps one plugin running in a process of its own: starts it, watches it, starts it again, and ends it. */
export class Supervisor implements Link, AsyncDisposable {
  readonly #planned: PlannedPlugin;
  readonly #plan: PlannedChild;
  readonly #host: PlacementHost;
  readonly #settings: SupervisorSettings;
  readonly #health: PluginHealth;
  readonly #release = new AbortController();
  /** The latest process, up or coming up or gone. */
  #life: Life | undefined;
  /** The connection that takes calls. */
  #connection: Connection | undefined;
  #facts: Readonly<Record<string, Facts>> = {};
  #rssMiB: number | undefined;
  #pluginFacts: Facts | undefined;
  #restarts = 0;
  /** Ends in a row that came too early. */
  #failures = 0;
  #lastExit: string | undefined;
  #dropped = 0;
  /** What the plugin itself has reported as lost. */
  #pluginLoss: string | undefined;
  /** Why there is no process. */
  #processLoss: string | undefined;
  #reported: string | undefined;
  #restarting: NodeJS.Timeout | undefined;
  #ending: Promise<void> | undefined;

  constructor(
    planned: PlannedPlugin,
    plan: PlannedChild,
    options: {
      readonly host: PlacementHost;
      readonly health: PluginHealth;
      readonly settings: SupervisorSettings;
    },
  ) {
    this.#planned = planned;
    this.#plan = plan;
    this.#host = options.host;
    this.#health = options.health;
    this.#settings = options.settings;
  }

  get facts(): ChildFacts {
    const child = this.#life?.child;
    return {
      pid: child?.hasEnded ? undefined : child?.pid,
      rssMiB: child?.hasEnded ? undefined : this.#rssMiB,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
      stderrTail: child?.output.text ?? '',
      dropped: this.#dropped,
      plugin: this.#pluginFacts,
    };
  }

  /** What the provider under this key stated after the latest setup. */
  factsOf(provider: string): Facts | undefined {
    return this.#facts[provider];
  }

  /** Starts the plugin for the first time. A failure is final; later ones are tried again. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#bringUp(signal);
  }

  call(target: string, member: string, args: readonly unknown[], hasStream: boolean): Promise<unknown> {
    return this.#connection?.call(target, member, args, hasStream) ?? Promise.reject(this.#absence());
  }

  stream(
    target: string,
    member: string,
    args: readonly unknown[],
    hasStream: boolean,
  ): AsyncIterableIterator<unknown> {
    return this.#connection?.stream(target, member, args, hasStream) ?? failedStream(this.#absence());
  }

  notify(target: string, member: string, args: readonly unknown[]): void {
    if (this.#connection) this.#connection.notify(target, member, args);
    else this.#dropped++;
  }

  /** Lets the plugin give back what it owns, and ends the process in any case. Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    const { key } = this.#planned;
    const reason = new PlacementError('PLACEMENT_RELEASED', { plugin: key });
    this.#connection = undefined;
    clearTimeout(this.#restarting);
    this.#release.abort(reason);
    const errors = this.#life ? await this.#stop(this.#life, reason) : [];
    if (errors.length === 0) return;
    const findings = errors.map(messageOf);
    const [cause] = errors;
    throw new PlacementError('PLACEMENT_RELEASE_FAILED', { plugin: key, findings }, { cause });
  }

  /** Forks and waits until the plugin is up; rejects with the signal's reason as soon as it aborts. */
  async #bringUp(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const life = this.#fork();
    const facts = await raceSignal(life.start, signal);
    signal.throwIfAborted();
    // It may have gone between its last word and this line.
    if (life.child.hasEnded) throw this.#setupDied(await life.child.ended, life);
    this.#facts = facts;
    this.#connection = life.connection;
    this.#processLoss = undefined;
    life.child.keepsProcessAlive(false);
    this.#report();
    this.#watchHeart(life);
  }

  #fork(): Life {
    const { key: plugin } = this.#planned;
    const { callLimit, onOutput } = this.#settings;
    const deps = new ServedDeps(this.#plan.served, this.#host);
    const declarations = this.#host.plugins().map(({ declaration }) => declaration);
    const child = new ForkedChild({
      plugin,
      environment: childEnvironment(process.env, declarations),
      onMessage: (message) => this.#hear(life, message),
      onLine: (line) => onOutput(line, plugin),
    });
    const connection = new Connection({
      plugin,
      side: 'parent',
      send: (message, onSent) => child.send(message, onSent),
      serve: (target) => deps.serve(target),
      callLimit,
      onBusy: (isBusy) => child.keepsProcessAlive(isBusy),
      onDropped: (count) => this.#countDropped(count),
    });
    let settleStart: Life['settleStart'] = () => undefined;
    const start = new Promise<Readonly<Record<string, Facts>>>((resolve, reject) => {
      settleStart = (outcome) => ('facts' in outcome ? resolve(outcome.facts) : reject(outcome.error));
    });
    start.catch(() => undefined);
    const life: Life = {
      child,
      connection,
      startedMs: performance.now(),
      start,
      settleStart,
      missed: 0,
      released: undefined,
      cleanUp: [],
    };
    this.#life = life;
    this.#pluginLoss = undefined;
    life.cleanUp.push(
      deps.watch(
        (dep) => child.send({ type: 'dep-up', dep }),
        (target) => child.send({ type: 'dep-down', target }),
      ),
    );
    void child.ended.then((cause) => this.#onEnded(life, cause));
    try {
      child.send({ type: 'start', plugins: this.#plan.plugins, serving: deps.serving(), callLimit });
    } catch (cause) {
      const finding = messageOf(cause);
      const details = { plugin, member: 'start', what: 'A fact or the configuration', finding };
      settleStart({ error: new PlacementError('PLACEMENT_VALUE_UNCLONEABLE', details, { cause }) });
    }
    return life;
  }

  #hear(life: Life, message: FromChild | WireMessage): void {
    life.missed = 0;
    switch (message.type) {
      case 'started':
        this.#rssMiB = message.rssMiB;
        life.settleStart({ facts: message.facts });
        break;
      case 'start-failed':
        life.settleStart({ error: unpackError(message.error) });
        break;
      case 'health':
        if (life !== this.#life) break;
        this.#pluginLoss = message.reason;
        this.#report();
        break;
      case 'pong':
        this.#rssMiB = message.rssMiB;
        this.#pluginFacts = message.facts;
        break;
      case 'dropped':
        this.#countDropped(message.count);
        break;
      case 'released':
        life.released?.(message.errors.map(unpackError));
        break;
      default:
        life.connection.receive(message);
    }
  }

  /** A process that lives but does nothing holds every call for ever; only counted beats tell it from a slow parent. */
  #watchHeart(life: Life): void {
    const { hungAfterMs } = this.#settings;
    const timer = setInterval(() => {
      if (life.missed >= beatsUntilHung) life.child.kill(`no sign of life for ${hungAfterMs} ms`);
      else life.child.send({ type: 'ping' });
      life.missed++;
    }, hungAfterMs / beatsUntilHung);
    timer.unref();
    life.cleanUp.push(() => clearInterval(timer));
  }

  #onEnded(life: Life, cause: string): void {
    const { key: plugin } = this.#planned;
    const finding = findingOf(cause, life);
    for (const cleanUp of life.cleanUp.splice(0)) cleanUp();
    life.released?.([]);
    life.settleStart({ error: this.#setupDied(cause, life) });
    const isReleased = this.#release.signal.aborted;
    life.connection.close(
      isReleased ? this.#release.signal.reason : new PlacementError('PROVIDER_LOST', { plugin, finding }),
    );
    this.#lastExit = finding;
    if (isReleased || this.#connection !== life.connection) return;
    this.#connection = undefined;
    const { steadyAfterMs } = this.#settings.restart;
    if (performance.now() - life.startedMs >= steadyAfterMs) this.#failures = 0;
    this.#scheduleRestart(`its process ended: ${finding}`);
  }

  #setupDied(cause: string, life: Life): Error {
    const { key: plugin } = this.#planned;
    return new PlacementError('PLACEMENT_SETUP_DIED', { plugin, finding: findingOf(cause, life) });
  }

  #scheduleRestart(loss: string): void {
    const { firstMs, longestMs } = this.#settings.restart;
    const fullMs = Math.min(firstMs * 2 ** this.#failures, longestMs);
    // Children that died together do not come back together.
    const waitMs = Math.round(fullMs * (0.5 + Math.random() / 2));
    this.#failures++;
    const times = this.#failures === 1 ? '' : ` (${this.#failures} times in a row)`;
    this.#processLoss = `${loss}${times}; starts again in ${waitMs} ms`;
    this.#report();
    this.#restarting = setTimeout(() => void this.#restart(), waitMs);
    this.#restarting.unref();
  }

  async #restart(): Promise<void> {
    const { key: plugin, entry } = this.#planned;
    this.#restarts++;
    const late = () => new KernelError('KERNEL_PLUGIN_SETUP_TIMEOUT', { plugin, waitedMs: entry.timeoutMs });
    using deadline = openDeadline(this.#release.signal, entry.timeoutMs, late);
    try {
      await this.#bringUp(deadline.signal);
      // It may have gone between its last word and this line, with nobody there yet to hear of it.
      if (!this.#connection && !this.#release.signal.aborted)
        this.#scheduleRestart('its process ended at once');
    } catch (error) {
      if (this.#release.signal.aborted) return;
      if (this.#life) await this.#stop(this.#life, error);
      if (!this.#release.signal.aborted) this.#scheduleRestart(messageOf(error));
    }
  }

  /** Asks for a release, waits for it, and ends the process; returns what could not be given back. */
  async #stop(life: Life, reason: unknown): Promise<readonly unknown[]> {
    const { child } = life;
    if (child.hasEnded) return [];
    child.keepsProcessAlive(true);
    const released = new Promise<readonly unknown[]>((resolve) => {
      life.released = resolve;
    });
    child.send({ type: 'release', reason: packError(reason), timeoutMs: releaseMs });
    using drain = openDeadline(undefined, drainMs, () => undefined);
    const errors = await raceSignal(released, drain.signal).catch(() => undefined);
    if (errors) {
      using exit = openDeadline(undefined, exitMs, () => undefined);
      await raceSignal(child.ended, exit.signal).catch(() => undefined);
    }
    if (!child.hasEnded) child.kill(`not released within ${drainMs} ms`);
    await child.ended;
    return errors ?? [];
  }

  #report(): void {
    const loss = this.#processLoss ?? this.#pluginLoss;
    if (loss === this.#reported) return;
    this.#reported = loss;
    if (loss === undefined) this.#health.ready();
    else this.#health.degraded(loss);
  }

  #countDropped(count: number): void {
    this.#dropped += count;
    const { key } = this.#planned;
    process.emitWarning(
      `Plugin ${key} and its node did not keep up with each other: ${count} messages were dropped.`,
    );
  }

  #absence(): Error {
    const { key: plugin } = this.#planned;
    if (this.#release.signal.aborted) return this.#release.signal.reason;
    return new PlacementError('PROVIDER_LOST', {
      plugin,
      finding: this.#lastExit ?? 'it has not started yet',
    });
  }
}

function findingOf(cause: string, { child }: Life): string {
  const { lastWords } = child.output;
  return lastWords === undefined ? cause : `${cause} (${lastWords})`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}
