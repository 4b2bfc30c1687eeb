import type { CallToolResult, Client, Progress, Tool } from '@modelcontextprotocol/client';
import { ToolError } from '@tiercel/capabilities/tool-provider';
import { type ChildController, childController, isTiercelError, raceSignal } from '@tiercel/kernel';
import { ChildTransport } from './child-transport.js';
import { McpError } from './errors.js';
import { ServerProcess } from './server-process.js';
import type { ServerSettings } from './settings.js';

export type McpSdk = typeof import('@modelcontextprotocol/client');

/** Deadlines are the caller's: the SDK has none of its own. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
/** A server that does not know the question of the present revision may also ignore it. */
const PROBE_TIMEOUT_MS = 3_000;
const MAX_LIST_PAGES = 16;

export interface McpSessionOptions {
  readonly sdk: McpSdk;
  /** Version of this plugin, told to servers. */
  readonly version: string;
  /** The server is known to speak only revisions before 2026-07-28. */
  readonly isOlder: boolean;
  readonly onToolsChanged: () => void;
}

export interface McpCall {
  /** As the server listed it. */
  readonly tool: Tool;
  readonly args: Readonly<Record<string, unknown>>;
  readonly progress: ((progress: Progress) => void) | undefined;
}

/** One life of a server, from its start to its end. */
export class McpSession implements AsyncDisposable {
  readonly #settings: ServerSettings;
  readonly #sdk: McpSdk;
  readonly #process: ServerProcess;
  readonly #transport: ChildTransport;
  readonly #client: Client;
  readonly #calls = new Set<ChildController>();

  constructor(settings: ServerSettings, options: McpSessionOptions) {
    const { sdk } = options;
    const { maxMessageBytes, startTimeoutMs } = settings;
    this.#settings = settings;
    this.#sdk = sdk;
    this.#process = new ServerProcess(settings);
    this.#transport = new ChildTransport(this.#process, {
      maxMessageBytes,
      parse: (line) => sdk.deserializeMessage(line),
      onTooLarge: () => this.#dropCalls(),
    });
    this.#client = new sdk.Client(
      { name: 'tiercel', version: options.version },
      {
        versionNegotiation: {
          mode: options.isOlder ? 'legacy' : 'auto',
          probe: { timeoutMs: Math.min(PROBE_TIMEOUT_MS, startTimeoutMs / 2) },
        },
        listMaxPages: MAX_LIST_PAGES,
        listChanged: { tools: { autoRefresh: false, onChanged: () => options.onToolsChanged() } },
      },
    );
    // What the SDK cannot use is counted by the transport; a lost server is noticed by its end.
    this.#client.onerror = () => undefined;
  }

  /** Settles when the server is gone, with how it ended. Never rejects. */
  get whenGone(): Promise<string> {
    return this.#process.whenGone;
  }

  /** Its program could be run. */
  get hasStarted(): boolean {
    return this.#process.pid !== undefined;
  }

  get isOlder(): boolean {
    return this.#client.getProtocolEra() === 'legacy';
  }

  get lastWords(): readonly string[] {
    return this.#process.lastWords;
  }

  get facts(): Readonly<Record<string, unknown>> {
    const { pid } = this.#process;
    const { name, version } = this.#client.getServerVersion() ?? {};
    return {
      pid,
      protocol: this.#client.getNegotiatedProtocolVersion(),
      program: [name, version]
        .map((word) => String(word ?? '').slice(0, 64))
        .join(' ')
        .trim(),
      callsRunning: this.#calls.size,
      garbageLines: this.#transport.garbageLines,
    };
  }

  /** Greets the server. */
  async connect(signal: AbortSignal): Promise<void> {
    await raceSignal(this.#client.connect(this.#transport, { timeout: NO_TIMEOUT_MS }), signal);
  }

  async listTools(signal: AbortSignal): Promise<readonly Tool[]> {
    if (!this.#client.getServerCapabilities()?.tools) return [];
    const options = { timeout: NO_TIMEOUT_MS, cacheMode: 'refresh', signal } as const;
    return (await raceSignal(this.#client.listTools(undefined, options), signal)).tools;
  }

  /** Aborting `signal` settles the call at once and tells the server. */
  async call({ tool, args, progress }: McpCall, signal: AbortSignal): Promise<CallToolResult> {
    const { name: server, maxCalls } = this.#settings;
    if (this.#calls.size >= maxCalls) throw new McpError('MCP_SERVER_BUSY', { server, running: maxCalls });
    using call = childController(signal);
    this.#calls.add(call);
    try {
      const answer = this.#client.callTool(
        { name: tool.name, arguments: { ...args } },
        {
          timeout: NO_TIMEOUT_MS,
          signal: call.signal,
          // Without the output schema: compiling what a stranger sends is not worth it, results are untrusted anyway.
          toolDefinition: { name: tool.name, inputSchema: tool.inputSchema },
          ...(progress && { onprogress: progress }),
        },
      );
      return await raceSignal(answer, call.signal);
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason;
      throw await this.#told(error, tool.name);
    } finally {
      this.#calls.delete(call);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close().catch(() => undefined);
    await this.#process[Symbol.asyncDispose]();
  }

  /** An answer was dropped and nobody knows whose, so nobody waits any longer. */
  #dropCalls(): void {
    const { name: server, maxMessageBytes: maxBytes } = this.#settings;
    for (const call of this.#calls) call.abort(new McpError('MCP_ANSWER_TOO_LARGE', { server, maxBytes }));
  }

  async #told(error: unknown, tool: string): Promise<unknown> {
    const { ProtocolError, SdkError, SdkErrorCode } = this.#sdk;
    const { name: server } = this.#settings;
    if (isTiercelError(error)) return error;
    // What the server itself says about its failure: it may be told, as the text of a result may.
    if (error instanceof ProtocolError)
      return new ToolError('TOOL_FAILED', { tool, finding: error.message }, { cause: error });
    const isLost =
      this.#process.isGone ||
      (error instanceof SdkError &&
        [SdkErrorCode.ConnectionClosed, SdkErrorCode.NotConnected].includes(error.code));
    if (isLost) return new McpError('MCP_CALL_LOST', { server, tool, finding: await this.whenGone });
    const finding = `it is not what MCP allows as the result of ${tool}`;
    return new McpError('MCP_ANSWER_INVALID', { server, finding }, { cause: error });
  }
}
