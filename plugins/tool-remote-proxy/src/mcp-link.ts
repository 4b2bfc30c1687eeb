import { AsyncLocalStorage } from 'node:async_hooks';
import type {
  CallToolRequestParams,
  CallToolResult,
  Client,
  DiscoverResult,
  JSONRPCMessage,
  ListToolsResult,
  Progress,
  StreamableHTTPClientTransport,
  Tool,
} from '@modelcontextprotocol/client';
import { openDeadline, raceSignal } from '@tiercel/kernel';
import { boundedFetch, type HttpFacts } from './bounded-fetch.js';

/** JSON-RPC code that we give to requests whose answer was cut off. No server sends it. */
export const CUT_OFF = -32_099;

/** Deadlines are the caller's: the SDK has none of its own. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
const MAX_LIST_PAGES = 16;
const LAST_WORDS_MS = 1_000;

export type McpSdk = typeof import('@modelcontextprotocol/client');

export interface McpLinkOptions {
  readonly url: URL;
  /** Sent to the origin of `url` only. */
  readonly apiKey: string;
  readonly maxAnswerBytes: number;
  /** Version of this plugin, told to servers. */
  readonly version: string;
  /** Also speaks revisions before 2026-07-28, in a session that is kept open. */
  readonly olderServers: boolean;
}

export interface McpCall {
  readonly params: CallToolRequestParams;
  /** As the server listed it: some servers want arguments repeated in headers. */
  readonly tool: Tool;
  readonly progress: ((progress: Progress) => void) | undefined;
}

/** What an exchange does once it has a client. In a session the request has to be cancelled by its own signal. */
type Work<T> = (client: Client, cancel?: AbortSignal) => Promise<T>;

interface Session {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
}

/**
 * Requests to one MCP server. Each is an exchange of its own, and aborting its signal closes its connection, which is how
 * the server learns of it. Opening a link sends nothing; a server that was away is simply asked again.
 */
export class McpLink implements AsyncDisposable {
  readonly #sdk: McpSdk;
  readonly #options: McpLinkOptions;
  /** The facts of the exchange that a fetch belongs to: in a session all share one transport. */
  readonly #facts = new AsyncLocalStorage<HttpFacts>();
  /** What a server of revision 2026-07-28 said about itself: then nothing has to be asked before a request. */
  #discovered: DiscoverResult | undefined;
  /** With a server of an older revision. */
  #session: Session | undefined;

  constructor(sdk: McpSdk, options: McpLinkOptions) {
    this.#sdk = sdk;
    this.#options = options;
  }

  list(facts: HttpFacts, signal: AbortSignal): Promise<ListToolsResult> {
    return this.#exchange(facts, signal, (client) =>
      client.listTools(undefined, { timeout: NO_TIMEOUT_MS, cacheMode: 'refresh' }),
    );
  }

  call({ params, tool, progress }: McpCall, facts: HttpFacts, signal: AbortSignal): Promise<CallToolResult> {
    return this.#exchange(facts, signal, (client, cancel) =>
      client.callTool(params, {
        timeout: NO_TIMEOUT_MS,
        // Without the output schema: compiling what a stranger sends is not worth it, results are untrusted anyway.
        toolDefinition: { name: tool.name, inputSchema: tool.inputSchema },
        ...(progress && { onprogress: progress }),
        ...(cancel && { signal: cancel }),
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    using deadline = openDeadline(undefined, LAST_WORDS_MS, () => undefined);
    await raceSignal(session.transport.terminateSession(), deadline.signal).catch(() => undefined);
    await session.client.close();
  }

  #exchange<T>(facts: HttpFacts, signal: AbortSignal, work: Work<T>): Promise<T> {
    return this.#facts.run(facts, async () => {
      const session = this.#session;
      if (!session) return this.#alone(signal, work);
      try {
        return await raceSignal(work(session.client, signal), signal);
      } catch (error) {
        const { status } = facts;
        const isOver = !signal.aborted && (status === undefined || status === 404);
        if (isOver) await this.#drop(session);
        // The server has forgotten the session and done nothing, so the request begins a new one.
        if (isOver && status === 404) return this.#alone(signal, work);
        throw error;
      }
    });
  }

  async #alone<T>(signal: AbortSignal, work: Work<T>): Promise<T> {
    const client = this.#createClient();
    const transport = this.#createTransport();
    let isKept = false;
    try {
      const discover = this.#discovered;
      const prior = discover && ({ kind: 'modern', discover } as const);
      const connected = client.connect(transport, { timeout: NO_TIMEOUT_MS, ...(prior && { prior }) });
      await raceSignal(connected, signal);
      if (client.getProtocolEra() === 'modern') {
        this.#discovered = client.getDiscoverResult();
        return await raceSignal(work(client), signal);
      }
      isKept = this.#session === undefined;
      this.#session ??= { client, transport };
      return await raceSignal(work(client, signal), signal);
    } finally {
      if (!isKept) await client.close();
    }
  }

  async #drop(session: Session): Promise<void> {
    if (this.#session === session) this.#session = undefined;
    await session.client.close();
  }

  #createClient(): Client {
    const { version, olderServers } = this.#options;
    return new this.#sdk.Client(
      { name: 'tiercel', version },
      {
        versionNegotiation: { mode: olderServers ? 'auto' : { pin: '2026-07-28' } },
        listMaxPages: MAX_LIST_PAGES,
        // A server that wants to ask something back has nobody to ask, and a call must not be sent again and again.
        inputRequired: { autoFulfill: false },
      },
    );
  }

  #createTransport(): StreamableHTTPClientTransport {
    const { url, apiKey, maxAnswerBytes } = this.#options;
    const transport = new this.#sdk.StreamableHTTPClientTransport(url, {
      fetch: boundedFetch(maxAnswerBytes, () => this.#facts.getStore()),
      reconnectionOptions: {
        maxRetries: 0,
        initialReconnectionDelay: 0,
        maxReconnectionDelay: 0,
        reconnectionDelayGrowFactor: 1,
      },
      onInsufficientScope: 'throw',
      ...(apiKey !== '' && { requestInit: { headers: { authorization: `Bearer ${apiKey}` } } }),
    });
    // A stream that ends before the answer would otherwise leave its request waiting.
    const send = transport.send.bind(transport);
    transport.send = (message: JSONRPCMessage, options?: Parameters<typeof send>[1]) =>
      send(message, { ...options, onRequestStreamEnd: () => answerCutOff(message, transport) });
    return transport;
  }
}

/** Nobody waits any more if the answer had come. */
function answerCutOff(
  message: JSONRPCMessage,
  transport: { onmessage?: ((message: JSONRPCMessage) => void) | undefined },
): void {
  if (!('id' in message) || message.id === undefined || message.id === null) return;
  const error = { code: CUT_OFF, message: 'The stream ended before the answer.' };
  transport.onmessage?.({ jsonrpc: '2.0', id: message.id, error });
}
