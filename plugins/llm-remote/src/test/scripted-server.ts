import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** One chat request at a scripted server, and the way to answer it. */
export interface ServerCall {
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
  readonly socket: Socket;
  /** Settles when the connection of this call is gone. */
  readonly gone: Promise<void>;
  /** Sends headers of a stream. */
  begin(headers?: Readonly<Record<string, string>>): void;
  /** Sends bytes as they are, headers of a stream before them. Settles when they have left. */
  write(bytes: string | Uint8Array): Promise<void>;
  end(bytes?: string | Uint8Array): void;
  answer(status: number, body: unknown, headers?: Readonly<Record<string, string>>): void;
  /** Cuts the connection. */
  cut(): void;
}

export type Script = (call: ServerCall) => void | Promise<void>;

export interface ScriptedServerOptions {
  /** What `/v1/models` lists, or how it answers. */
  readonly models?: readonly object[] | RequestListener;
  readonly props?: object;
  /** What counts tokens; without it there is no such route. */
  readonly countTokens?: (body: Readonly<Record<string, unknown>>) => number;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Default: any free port. */
  readonly port?: number;
}

/** A model server that answers chat requests with one script after the other; the last one stays. */
export class ScriptedServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #scheme: string;
  readonly #calls: ServerCall[] = [];
  readonly #lookUps: IncomingHttpHeaders[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #gone = new WeakMap<Socket, Promise<void>>();
  readonly #options: ScriptedServerOptions;
  #scripts: readonly Script[];

  static async open(
    scripts: Script | readonly Script[],
    options: ScriptedServerOptions = {},
  ): Promise<ScriptedServer> {
    const server = new ScriptedServer(typeof scripts === 'function' ? [scripts] : scripts, options);
    server.#server.listen(options.port ?? 0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  private constructor(scripts: readonly Script[], options: ScriptedServerOptions) {
    this.#scripts = scripts;
    this.#options = options;
    this.#scheme = options.tls ? 'https' : 'http';
    const listener: RequestListener = (request, response) => void this.#serve(request, response);
    this.#server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
    // Keeps a connection as long as a test needs it.
    this.#server.keepAliveTimeout = 0;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** Chat requests, oldest first. */
  get calls(): readonly ServerCall[] {
    return this.#calls;
  }

  /** Headers of the requests for the list of models. */
  get lookUps(): readonly IncomingHttpHeaders[] {
    return this.#lookUps;
  }

  /** Settles with the chat request of this number, from 1. */
  async call(number: number): Promise<ServerCall> {
    while (this.#calls.length < number) await this.#next();
    return this.#calls[number - 1] as ServerCall;
  }

  play(...scripts: readonly Script[]): void {
    this.#scripts = scripts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Many calls share a connection. */
  #goneOf(socket: Socket): Promise<void> {
    const known = this.#gone.get(socket);
    if (known) return known;
    const gone = new Promise<void>((resolve) => {
      if (socket.destroyed) resolve();
      else socket.once('close', () => resolve());
    });
    this.#gone.set(socket, gone);
    return gone;
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#listeners.delete(end);
        resolve();
      };
      this.#listeners.add(end);
    });
  }

  async #serve(...[request, response]: Parameters<RequestListener>): Promise<void> {
    const { models = [{ id: 'lighthouse', object: 'model', owned_by: 'acme' }], props } = this.#options;
    let text = '';
    try {
      for await (const part of request.setEncoding('utf8')) text += part;
    } catch {
      // The client has left while it was sending.
      return;
    }
    const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(value));
    if (request.url === '/v1/models') {
      this.#lookUps.push(request.headers);
      if (typeof models === 'function') models(request, response);
      else json(200, { object: 'list', data: models });
      return;
    }
    if (request.url === '/props' && props) {
      json(200, props);
      return;
    }
    const body = JSON.parse(text || '{}') as Readonly<Record<string, unknown>>;
    if (request.url === '/v1/chat/completions/input_tokens' && this.#options.countTokens) {
      json(200, { object: 'response.input_tokens', input_tokens: this.#options.countTokens(body) });
      return;
    }
    if (request.url !== '/v1/chat/completions') {
      json(404, { error: { message: 'Not found', type: 'invalid_request_error', code: 'not_found' } });
      return;
    }
    const { socket } = request;
    const begin = (headers: Readonly<Record<string, string>> = {}) => {
      if (response.headersSent) return;
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...headers });
      response.flushHeaders();
    };
    const call: ServerCall = {
      headers: request.headers,
      body,
      socket,
      gone: this.#goneOf(socket),
      begin,
      write: (bytes) => {
        begin();
        return new Promise((resolve) => response.write(bytes, () => resolve()));
      },
      end: (bytes) => {
        begin();
        response.end(bytes);
      },
      answer: json,
      cut: () => socket.destroy(),
    };
    const script = this.#scripts[Math.min(this.#calls.length, this.#scripts.length - 1)];
    this.#calls.push(call);
    for (const listener of [...this.#listeners]) listener();
    await script?.(call);
  }
}
