import type { CallToolResult } from '@modelcontextprotocol/client';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import {
  type ChildController,
  childController,
  type Deadline,
  isTiercelError,
  openDeadline,
  raceSignal,
} from '@tiercel/kernel';
import { McpError } from './errors.js';
import { ForeignToolReader, type ForeignTools } from './foreign-tool-reader.js';
import { type McpCall, type McpSdk, McpSession } from './mcp-session.js';
import type { ServerSettings } from './settings.js';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** A server that was up for so long begins with the shortest wait again. */
const STEADY_MS = 60_000;
/** Between two looks at its tools. */
const LIST_PAUSE_MS = 5_000;
/** What a server that refuses to talk has to end in, so that its end is what is told. */
const PATIENCE_MS = 200;

export interface SupervisedServerOptions {
  readonly clock: Pick<Clock, 'nowMs' | 'delay'>;
  readonly log: Log;
  readonly sdk: McpSdk;
  readonly version: string;
  /** Its tools or its state are others than before. */
  readonly onChange: () => void;
}

/** How a life of the server ended. */
interface Life {
  readonly finding: string;
  /** For how long it was of use. */
  readonly upMs: number;
  /** It is started once more at once, and greeted as an older server. */
  readonly isTriedOtherwise: boolean;
}

/**
 * A server that is started again whenever it ends, after 1 s, then twice as long each time, at most 60 s. Meanwhile its tools
 * stay listed and calls fail with `MCP_SERVER_DOWN`.
 */
export class SupervisedServer implements AsyncDisposable {
  readonly #settings: ServerSettings;
  readonly #options: SupervisedServerOptions;
  readonly #life: ChildController = childController(undefined);
  readonly #reader: ForeignToolReader;
  #session: McpSession | undefined;
  #offer: ForeignTools = { tools: [], leftOut: [], unused: [] };
  #downBecause: string | undefined = 'it is starting';
  #lastWords: readonly string[] = [];
  #starts = 0;
  #isOlder = false;
  #running: Promise<void> | undefined;
  #whenTried: (() => void) | undefined;
  #isListing = false;
  #mustListAgain = false;

  constructor(settings: ServerSettings, options: SupervisedServerOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#reader = new ForeignToolReader(settings);
  }

  get name(): string {
    return this.#settings.name;
  }

  /** The last that is known, also while the server is down. */
  get offer(): ForeignTools {
    return this.#offer;
  }

  /** Why it cannot be called at the moment. */
  get downBecause(): string | undefined {
    return this.#downBecause;
  }

  get facts(): Readonly<Record<string, unknown>> {
    return {
      state: this.#downBecause ?? 'ready',
      starts: this.#starts,
      tools: this.#offer.tools.length,
      leftOut: this.#offer.leftOut.map(({ tool, finding }) => `${tool}: ${finding}`),
      ...(this.#offer.unused.length > 0 && { unusedSettings: this.#offer.unused }),
      ...this.#session?.facts,
      ...(this.#lastWords.length > 0 && { lastWords: this.#lastWords }),
    };
  }

  /** Starts it. Settles when it is ready for the first time, or has failed for the first time. */
  start(): Promise<void> {
    const tried = new Promise<void>((resolve) => {
      this.#whenTried = resolve;
    });
    this.#running = this.#run();
    return tried;
  }

  async call(call: McpCall, signal: AbortSignal): Promise<CallToolResult> {
    const session = this.#session;
    const finding = this.#downBecause;
    if (session && finding === undefined) return session.call(call, signal);
    throw new McpError('MCP_SERVER_DOWN', { server: this.name, finding: finding ?? 'it has ended' });
  }

  /** Stops the server and waits until nothing of it is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort(new McpError('MCP_SERVER_DOWN', { server: this.name, finding: 'the node is stopping' }));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#life;
    let waitMs = FIRST_WAIT_MS;
    while (!signal.aborted) {
      const { finding, upMs, isTriedOtherwise } = await this.#live();
      if (signal.aborted) break;
      if (isTriedOtherwise) continue;
      if (upMs >= STEADY_MS) waitMs = FIRST_WAIT_MS;
      this.#turn(finding);
      const { name: server } = this;
      log.warn('an MCP server is down', {
        server,
        finding,
        waitMs,
        private: { lastWords: this.#lastWords },
      });
      await clock.delay(waitMs, { signal }).catch(() => undefined);
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
    this.#downBecause = 'it was stopped';
  }

  async #live(): Promise<Life> {
    const { clock, sdk, version } = this.#options;
    const { signal } = this.#life;
    this.#starts += 1;
    await using session = new McpSession(this.#settings, {
      sdk,
      version,
      isOlder: this.#isOlder,
      onToolsChanged: () => void this.#listAgain(session),
    });
    try {
      await this.#greet(session);
    } catch (error) {
      const finding = await findingOf(error, session);
      await session[Symbol.asyncDispose]();
      this.#lastWords = session.lastWords;
      // Some older servers end at a question that they do not know, so they are started once more and not asked it.
      const isTriedOtherwise = session.hasStarted && !this.#isOlder && !isTiercelError(error);
      this.#isOlder = isTriedOtherwise;
      return { finding, upMs: 0, isTriedOtherwise };
    }
    const readyMs = clock.nowMs();
    this.#session = session;
    this.#turn(undefined);
    const finding = await raceSignal(session.whenGone, signal).catch(() => 'the node is stopping');
    this.#session = undefined;
    this.#downBecause = finding;
    this.#lastWords = session.lastWords;
    return { finding, upMs: clock.nowMs() - readyMs, isTriedOtherwise: false };
  }

  async #greet(session: McpSession): Promise<void> {
    using deadline = this.#openDeadline(this.#settings.startTimeoutMs);
    await session.connect(deadline.signal);
    this.#isOlder = session.isOlder;
    await this.#readTools(session, deadline.signal);
  }

  #openDeadline(ms: number): Deadline {
    const { name: server } = this;
    const finding = `it did not answer within ${ms} ms`;
    return openDeadline(this.#life.signal, ms, () => new McpError('MCP_SERVER_DOWN', { server, finding }));
  }

  /** Asks for the tools again: at once, then no more than once in a while, however often the server says that they changed. */
  async #listAgain(session: McpSession): Promise<void> {
    this.#mustListAgain = true;
    if (this.#isListing) return;
    this.#isListing = true;
    const { clock, log, onChange } = this.#options;
    while (this.#mustListAgain && this.#session === session) {
      this.#mustListAgain = false;
      try {
        using deadline = this.#openDeadline(this.#settings.timeoutMs);
        await this.#readTools(session, deadline.signal);
        onChange();
      } catch (error) {
        log.warn('an MCP server does not tell its tools', { server: this.name, private: { error } });
      }
      await clock.delay(LIST_PAUSE_MS, { signal: this.#life.signal }).catch(() => undefined);
    }
    this.#isListing = false;
    // The next life of the server may have asked while this one was waited for.
    if (this.#mustListAgain && this.#session) void this.#listAgain(this.#session);
  }

  async #readTools(session: McpSession, signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const { name: server } = this;
    this.#offer = await this.#reader.read(await session.listTools(signal));
    const { leftOut, unused } = this.#offer;
    if (leftOut.length > 0) log.warn('tools of an MCP server are left out', { server, leftOut });
    if (unused.length > 0) log.warn('settings fit no tool of an MCP server', { server, tools: unused });
  }

  #turn(downBecause: string | undefined): void {
    this.#downBecause = downBecause;
    this.#whenTried?.();
    this.#options.onChange();
  }
}

/** Why a server did not greet: its own end says more than what the protocol made of it. */
async function findingOf(error: unknown, session: McpSession): Promise<string> {
  if (isTiercelError(error, 'MCP_SERVER_DOWN')) return String(error.details['finding']);
  using patience = openDeadline(undefined, PATIENCE_MS, () => undefined);
  return raceSignal(session.whenGone, patience.signal).catch(() => 'it does not speak MCP as this node does');
}
