import type { Tool } from '@modelcontextprotocol/client';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import { childController, isTiercelError, openDeadline, type PluginHealth } from '@tiercel/kernel';
import { ToolServerError } from './errors.js';
import { type DescriptorRules, describeRemote, type RemoteTool } from './remote-descriptor.js';
import type { ServerPool } from './server-pool.js';

const ATTEMPT_MS = 5_000;
const MAX_TOOLS = 256;
const DEFAULT_TTL_MS = 30_000;
const SHORTEST_TTL_MS = 1_000;
const LONGEST_TTL_MS = 300_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;
/** A server that was away for a minute is found within half a minute. */
const PAUSE_GROWTH = 1.5;

export interface RemoteToolListOptions {
  readonly pool: ServerPool;
  /** How the server is called while none has answered: its host, or its name in discovery. */
  readonly label: string;
  readonly clock: Pick<Clock, 'delay'>;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly health: Pick<PluginHealth, 'degraded' | 'ready'>;
  readonly rules: Omit<DescriptorRules, 'server'>;
  /** Whether a tool is wanted, by the name that it has here. */
  readonly isWanted: (name: string) => boolean;
  /** At least 0 and below 1. */
  readonly random: () => number;
  /** Longest wait for a list. Default 5,000. */
  readonly attemptMs?: number;
}

/**
 * The tools that the server offers, kept up to date for as long as it says a list holds. While the server is away the last
 * list stays, and it is asked again, less and less often.
 */
export class RemoteToolList implements AsyncDisposable {
  readonly #options: RemoteToolListOptions;
  readonly #closing = new AbortController();
  readonly #firstAttempt: Promise<void>;
  readonly #loop: Promise<void>;
  #tools: ReadonlyMap<string, RemoteTool> = new Map();
  /** What is wrong with the server, if something is. */
  #loss: string | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #wake: () => void = () => undefined;
  #hasNews = false;
  #told = '';

  /** Starts asking at once, and never waits for it. */
  static open(options: RemoteToolListOptions): RemoteToolList {
    return new RemoteToolList(options);
  }

  private constructor(options: RemoteToolListOptions) {
    this.#options = options;
    const { signal } = this.#closing;
    const first = this.#attempt(signal);
    this.#firstAttempt = first.then(() => undefined);
    this.#loop = this.#keepAsking(first, signal);
  }

  /** The latest list. Before the first answer it waits for that, or for the first failure: then it is empty. */
  async list(): Promise<ReadonlyMap<string, RemoteTool>> {
    await this.#firstAttempt;
    return this.#tools;
  }

  /** How many tools there are now. */
  get size(): number {
    return this.#tools.size;
  }

  /** A call found something wrong: the server is asked now instead of later. */
  reportTrouble(): void {
    if (this.#loss === undefined) this.#wake();
  }

  /** There are other servers now: they are asked at once, or as soon as who is being asked has answered. */
  reportNews(): void {
    this.#hasNews = true;
    this.#wake();
  }

  /** A call was answered: if the server was away, it is back. */
  reportAnswer(): void {
    if (this.#loss !== undefined) this.#wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(this.#unreachable('the proxy is closed'));
    await this.#loop;
  }

  async #keepAsking(first: Promise<number>, signal: AbortSignal): Promise<void> {
    for (let attempt = first; ; attempt = this.#attempt(signal)) {
      const pauseMs = await attempt;
      if (signal.aborted) return;
      await this.#rest(pauseMs, signal);
    }
  }

  /** Asks once. Returns how long the answer holds, or how long to wait after a failure. Never rejects. */
  async #attempt(signal: AbortSignal): Promise<number> {
    const { attemptMs = ATTEMPT_MS } = this.#options;
    using deadline = openDeadline(signal, attemptMs, () =>
      this.#unreachable(`it was silent for ${attemptMs} ms`),
    );
    try {
      const ttlMs = await this.#ask(deadline.signal);
      this.#recovered();
      return ttlMs;
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
      const pauseMs = this.#pauseMs * (0.75 + this.#options.random() / 2);
      this.#pauseMs = Math.min(PAUSE_GROWTH * this.#pauseMs, LONGEST_PAUSE_MS);
      return pauseMs;
    }
  }

  async #ask(signal: AbortSignal): Promise<number> {
    const { pool } = this.#options;
    this.#hasNews = false;
    await pool.refresh(signal);
    let failure: unknown = this.#unreachable('discovery knows none');
    for (const server of pool.servers) {
      try {
        const { tools, ttlMs } = await server.list(signal);
        this.#take(tools, server.name);
        return boundedTtlMs(ttlMs);
      } catch (error) {
        if (signal.aborted) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  #take(listed: readonly Tool[], server: string): void {
    const { rules, isWanted } = this.#options;
    const tools = new Map<string, RemoteTool>();
    const leftOut: string[] = [];
    for (const tool of listed.slice(0, MAX_TOOLS)) {
      const remote = describeRemote(tool, { ...rules, server });
      if ('finding' in remote) leftOut.push(`${printable(tool.name)}: ${remote.finding}`);
      else if (tools.has(remote.descriptor.name))
        leftOut.push(`${printable(tool.name)}: another tool has that name`);
      else if (isWanted(remote.descriptor.name)) tools.set(remote.descriptor.name, remote);
    }
    if (listed.length > MAX_TOOLS) leftOut.push(`${listed.length - MAX_TOOLS} more than ${MAX_TOOLS}`);
    this.#tools = tools;
    this.#tellLeftOut(server, leftOut);
  }

  /** The same list comes every half minute: what is wrong with it is told once. */
  #tellLeftOut(server: string, leftOut: readonly string[]): void {
    const told = JSON.stringify(leftOut);
    if (told === this.#told) return;
    this.#told = told;
    if (leftOut.length > 0) this.#options.log.warn('tools of a server are left out', { server, leftOut });
  }

  #recovered(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
    if (this.#loss === undefined) return;
    this.#loss = undefined;
    this.#options.health.ready();
    this.#options.log.info('the tool server answers again', { tools: this.#tools.size });
  }

  #failed(error: unknown): void {
    const loss = isTiercelError(error) ? error.message : 'The tool server does not answer.';
    if (loss === this.#loss) return;
    this.#loss = loss;
    this.#options.health.degraded(loss);
    this.#options.log.warn('the tool server does not answer', { error });
  }

  #unreachable(finding: string) {
    return new ToolServerError('TOOL_SERVER_UNREACHABLE', { server: this.#options.label, finding });
  }

  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#hasNews) return;
    using pause = childController(signal);
    this.#wake = () => pause.abort(undefined);
    await this.#options.clock.delay(ms, { signal: pause.signal }).catch(() => undefined);
    this.#wake = () => undefined;
  }
}

function boundedTtlMs(ttlMs: unknown): number {
  if (typeof ttlMs !== 'number' || !(ttlMs > 0)) return DEFAULT_TTL_MS;
  return Math.min(Math.max(ttlMs, SHORTEST_TTL_MS), LONGEST_TTL_MS);
}

function printable(name: string): string {
  return name.slice(0, 64).replace(/[^\w.-]/g, '?');
}
