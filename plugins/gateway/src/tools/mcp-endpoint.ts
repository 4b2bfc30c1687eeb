import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuthInfo, McpRequestContext } from '@modelcontextprotocol/server';
import { may } from '../http/key-ring.js';
import { contextOf, type RequestContext } from '../http/request-context.js';
import { createMcpServer, type McpServerOptions } from './mcp-server.js';

/** On the server's side a request always has both. */
type ServerRequest = IncomingMessage & { readonly method: string; readonly url: string };

const MAX_BODY_BYTES = 4 * 2 ** 20;

export interface McpEndpointOptions extends McpServerOptions {
  /** Also serves clients of revisions before 2026-07-28. They have no other way to cancel a call than to close the connection. */
  readonly olderClients: boolean;
}

/** The tools of a node for MCP clients: each POST is a request of its own, and closing its response cancels it. */
export interface McpEndpoint extends AsyncDisposable {
  /** Answers one request that came through a listener of the gateway, and whose body nobody has read. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export async function openMcpEndpoint(options: McpEndpointOptions): Promise<McpEndpoint> {
  const sdk = await import('@modelcontextprotocol/server');
  const { toNodeHandler } = await import('@modelcontextprotocol/node');
  const onerror = (error: Error) => options.log.debug('an MCP request was refused', { private: { error } });
  // The SDK hands this object through as it is; a request without one is nobody's and fails.
  const contexts = new WeakMap<AuthInfo, RequestContext>();
  const createServer = ({ authInfo }: McpRequestContext) => {
    const context = authInfo && contexts.get(authInfo);
    if (!context) throw new TypeError('This request came past the endpoint.');
    return createMcpServer(sdk, options, context);
  };
  const handler = sdk.createMcpHandler(createServer, {
    legacy: options.olderClients ? 'stateless' : 'reject',
    maxRequestBodySize: MAX_BODY_BYTES,
    // Nobody keeps a stream open to hear about changes: a list says how long it holds.
    maxSubscriptions: 0,
    onerror,
  });
  const serve = toNodeHandler(handler, { maxRequestBodySize: MAX_BODY_BYTES, onerror });
  return {
    async handle(request, response) {
      const context = contextOf(request);
      const tool = calledTool(request);
      if (tool !== undefined && !may(context.caller, 'tools', tool)) {
        refuseScope(response, tool);
        return;
      }
      const auth = { token: '', clientId: context.caller.name, scopes: [] };
      contexts.set(auth, context);
      await serve(Object.assign(request as ServerRequest, { auth }), response);
    },
    [Symbol.asyncDispose]: () => handler.close(),
  };
}

/** The tool that the headers name. They must agree with the body, or the SDK refuses the request. */
function calledTool({ headers }: IncomingMessage): string | undefined {
  const { 'mcp-method': method, 'mcp-name': name } = headers;
  return method === 'tools/call' && typeof name === 'string' && /^\w{1,64}$/.test(name) ? name : undefined;
}

function refuseScope(response: ServerResponse, tool: string): void {
  response.writeHead(403, {
    'content-type': 'application/json',
    'www-authenticate': `Bearer error="insufficient_scope", scope="tools:${tool}"`,
    // What is left of the body is not worth reading.
    connection: 'close',
  });
  const error = {
    code: -32_600,
    message: `This key may not call ${tool}. It lacks the scope tools:${tool}.`,
  };
  response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
}
