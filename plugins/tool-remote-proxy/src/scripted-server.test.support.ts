import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message that a client has sent. */
export interface GivenMessage {
  readonly id: number;
  readonly method: string;
  readonly params: {
    readonly name?: string;
    readonly arguments?: Readonly<Record<string, unknown>>;
    readonly _meta: Readonly<Record<string, unknown>>;
  };
}

export interface Exchange {
  readonly message: GivenMessage;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  /** Requests so far, by method. */
  readonly methods: readonly string[];
}

/** Answers every request as `handle` says, down to the last byte. */
export async function startServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  port = 0,
): Promise<{ readonly url: string; readonly port: number } & AsyncDisposable> {
  const server = createServer(handle);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export interface ScriptOptions {
  readonly tools?: readonly object[];
  /** Answers `tools/call`. */
  readonly call?: (exchange: Exchange) => void;
  /** Answers `tools/list` instead of `tools`. */
  readonly list?: (exchange: Exchange) => void;
}

/** A server of revision 2026-07-28 that says what a real one would, except where the test wants it otherwise. */
export async function startScripted(options: ScriptOptions = {}): Promise<ScriptedServer> {
  const { tools = [ours('work')], call = ({ message, response }) => answer(response, message, text('ok')) } =
    options;
  const list =
    options.list ??
    (({ message, response }: Exchange) =>
      answer(response, message, { tools, ttlMs: 30_000, cacheScope: 'private' }));
  const methods: string[] = [];
  const server = await startServer((request, response) => {
    void readMessage(request).then((message) => {
      methods.push(message.method);
      const exchange = { message, request, response };
      if (message.method === 'server/discover') {
        answer(response, message, {
          supportedVersions: ['2026-07-28'],
          capabilities: { tools: {} },
          ttlMs: 0,
          cacheScope: 'private',
        });
      } else if (message.method === 'tools/list') list(exchange);
      else call(exchange);
    });
  });
  return { url: server.url, methods, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

export function answer(response: ServerResponse, { id }: GivenMessage, result: object): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', ...result } }));
}

export function text(content: string): object {
  return { content: [{ type: 'text', text: content }] };
}

/** A tool as a node of ours lists it. */
export function ours(name: string, descriptor: object = {}): object {
  return {
    name,
    description: `Tool ${name}.`,
    inputSchema: { type: 'object', properties: {}, additionalProperties: false },
    _meta: {
      'tiercel/descriptor': {
        effect: 'write',
        weight: 'heavy',
        idempotent: false,
        policy: 'allow',
        ...descriptor,
      },
    },
  };
}

async function readMessage(request: IncomingMessage): Promise<GivenMessage> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as GivenMessage;
}
