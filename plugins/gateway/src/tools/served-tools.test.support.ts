import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import type { FakeTool } from '@tiercel/capabilities/tool-provider/testing';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import { GatewayError } from '../errors.js';
import { setContext } from '../http/request-context.js';
import { openMcpEndpoint } from './mcp-endpoint.js';

export interface ServedTools extends AsyncDisposable {
  readonly tools: FakeToolRegistry;
  readonly log: FakeLog;
  readonly url: URL;
  /** The official client, which knows nothing of us. */
  connect(): Promise<Client>;
  /** A request as curl would make it. */
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

export interface ServedToolsOptions {
  readonly scopes?: readonly string[];
  readonly olderClients?: boolean;
}

/** The MCP endpoint on a server of its own, where every request has passed the checks of the gateway. */
export async function serveTools(
  tools: readonly FakeTool[],
  { scopes = ['tools'], olderClients = false }: ServedToolsOptions = {},
): Promise<ServedTools> {
  const registry = new FakeToolRegistry(tools);
  const log = new FakeLog();
  const endpoint = await openMcpEndpoint({ tools: registry, log, version: '0.1.0', olderClients });
  const server = createServer((request, response) => {
    setContext(request, {
      id: 'request-1',
      traceparent: undefined,
      caller: { name: 'kitchen', scopes },
      signal: signalOf(request, response),
      draining: new AbortController().signal,
    });
    void endpoint.handle(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
  const clients: Client[] = [];
  return {
    tools: registry,
    log,
    url,
    async connect() {
      const client = new Client(
        { name: 'somebody-else', version: '1.0.0' },
        { versionNegotiation: { mode: { pin: '2026-07-28' } } },
      );
      await client.connect(new StreamableHTTPClientTransport(url));
      clients.push(client);
      return client;
    },
    post: (body, headers = {}) =>
      fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client.close();
      await endpoint[Symbol.asyncDispose]();
      server.closeAllConnections();
      server.close();
    },
  };
}

function signalOf(_request: IncomingMessage, response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) controller.abort(new GatewayError('GATEWAY_CLIENT_GONE', {}));
  });
  return controller.signal;
}

/** A message of protocol revision 2026-07-28, with the headers that have to agree with it. */
export function modern(method: string, params: Readonly<Record<string, unknown>> = {}) {
  const given = Object(params['_meta']) as Readonly<Record<string, unknown>>;
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method,
    params: {
      ...params,
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'curl', version: '1.0.0' },
        'io.modelcontextprotocol/clientCapabilities': {},
        ...given,
      },
    },
  };
  const headers: Record<string, string> = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(typeof params['name'] === 'string' && { 'mcp-name': params['name'] }),
  };
  return { body, headers };
}

/** A promise that a test settles where something happens. */
export function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: settle };
}
