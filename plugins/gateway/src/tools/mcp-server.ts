import type { CallToolRequest, CallToolResult, Server, ServerContext } from '@modelcontextprotocol/server';
import type { Log } from '@tiercel/capabilities/log';
import type { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { isTiercelError } from '@tiercel/kernel';
import { may } from '../http/key-ring.js';
import type { RequestContext } from '../http/request-context.js';
import { parseCallMeta } from './call-meta.js';
import { progressOf } from './mcp-progress.js';
import { toMcpError, toMcpResult, toMcpTool } from './mcp-tool.js';
import { describeFailure } from './tool-failure.js';

const LIST_TTL_MS = 30_000;

export type McpSdk = typeof import('@modelcontextprotocol/server');

export interface McpServerOptions {
  readonly tools: ToolRegistry;
  readonly log: Pick<Log, 'debug' | 'warn'>;
  /** Version of this node, told to clients. */
  readonly version: string;
}

/** What one HTTP request talks to: the tools that its caller may call. */
export function createMcpServer(sdk: McpSdk, options: McpServerOptions, context: RequestContext): Server {
  const server = new sdk.Server(
    { name: 'tiercel', version: options.version },
    {
      capabilities: { tools: {} },
      cacheHints: { 'tools/list': { ttlMs: LIST_TTL_MS, cacheScope: 'private' } },
    },
  );
  const requests = new McpRequests(sdk, options, context);
  server.setRequestHandler('tools/list', () => requests.list());
  server.setRequestHandler('tools/call', async (request, { mcpReq }) =>
    server.projectCallToolResult(await requests.call(request, mcpReq), undefined),
  );
  return server;
}

class McpRequests {
  readonly #sdk: McpSdk;
  readonly #tools: ToolRegistry;
  readonly #log: Pick<Log, 'debug' | 'warn'>;
  readonly #context: RequestContext;

  constructor(sdk: McpSdk, { tools, log }: McpServerOptions, context: RequestContext) {
    this.#sdk = sdk;
    this.#tools = tools;
    this.#log = log;
    this.#context = context;
  }

  async list() {
    const { id, caller, signal } = this.#context;
    try {
      const listed = await this.#tools.list({ signal });
      return { tools: listed.filter(({ name }) => may(caller, 'tools', name)).map(toMcpTool) };
    } catch (error) {
      // The SDK would hand the text of the error to the client.
      const { text } = describeFailure(error, { tool: 'list', id }, this.#log);
      throw new this.#sdk.ProtocolError(this.#sdk.ProtocolErrorCode.InternalError, text);
    }
  }

  async call(
    { params: { name, arguments: args = {} } }: CallToolRequest,
    mcpReq: ServerContext['mcpReq'],
  ): Promise<CallToolResult> {
    const { id, caller, signal, traceparent } = this.#context;
    if (!may(caller, 'tools', name)) throw this.#invalid('No such tool.');
    const about = parseCallMeta(mcpReq._meta);
    if ('finding' in about) throw this.#invalid(`${about.finding}.`);
    try {
      const result = await this.#tools.call(name, args, {
        traceparent,
        ...about,
        caller: `mcp:${caller.name}`,
        requestId: id,
        // Not the one of the SDK: that aborts after every answer too, and for older clients never.
        signal,
        progress: progressOf(mcpReq, this.#log),
      });
      return toMcpResult(result);
    } catch (error) {
      if (isTiercelError(error, 'TOOL_UNKNOWN')) throw this.#invalid('No such tool.');
      return toMcpError(describeFailure(error, { tool: name, id }, this.#log));
    }
  }

  #invalid(text: string) {
    return new this.#sdk.ProtocolError(this.#sdk.ProtocolErrorCode.InvalidParams, text);
  }
}
