import { Agent, type IncomingHttpHeaders } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Got, Request } from 'got';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Closes the socket at once. */
  readonly signal: AbortSignal;
  /** The request is on its way: the connection stands, with TLS if there is any. */
  readonly onConnected?: () => void;
}

/** An answer whose body is still on its way. Dispose it: that closes the socket unless the body was read to its end. */
export interface HttpAnswer extends Disposable {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Pulled from the socket as it is read. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Requests without retries, redirects, cookies or compression, on connections that are kept. */
export class HttpClient implements Disposable {
  readonly #got: Got;
  readonly #agents: { readonly http: Agent; readonly https: TlsAgent };

  /** @param connections idle ones kept for each host */
  constructor(got: Got, { connections }: { readonly connections: number }) {
    this.#got = got;
    this.#agents = {
      http: new Agent({ keepAlive: true, maxFreeSockets: connections }),
      https: new TlsAgent({ keepAlive: true, maxFreeSockets: connections }),
    };
  }

  async open(request: HttpRequest): Promise<HttpAnswer> {
    const state = { isReused: false };
    try {
      return await this.#send(request, this.#agents, state);
    } catch (error) {
      const { code } = Object(error) as { readonly code?: unknown };
      const isStale = state.isReused && (code === 'ECONNRESET' || code === 'EPIPE');
      if (!isStale || request.signal.aborted) throw error;
      // The server closed a kept connection just when it was used: nothing was answered, and nothing is wrong with it.
      return this.#send(request, { http: new Agent(), https: new TlsAgent() }, state);
    }
  }

  [Symbol.dispose](): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  #send(
    request: HttpRequest,
    agents: { readonly http: Agent; readonly https: TlsAgent },
    state: { isReused: boolean },
  ): Promise<HttpAnswer> {
    const { method, url, headers, body, signal, onConnected } = request;
    if (signal.aborted) return Promise.reject(signal.reason);
    const stream = this.#got.stream(url, {
      method,
      headers: { 'user-agent': 'tiercel', 'accept-encoding': 'identity', ...headers },
      ...(body !== undefined && { body }),
      agent: agents,
      // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
      https: { rejectUnauthorized: true },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
    });
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        reject(signal.reason);
        stream.destroy();
      };
      const leave = () => signal.removeEventListener('abort', onAbort);
      signal.addEventListener('abort', onAbort, { once: true });
      stream.once('close', leave);
      // Once there is an answer, its reader gets to know as well.
      stream.on('error', reject);
      stream.once('socket', (socket: Socket) => {
        state.isReused = !socket.connecting;
        if (!socket.connecting) onConnected?.();
        else socket.once(url.startsWith('https:') ? 'secureConnect' : 'connect', () => onConnected?.());
      });
      stream.once('response', ({ statusCode, headers: answered }) => {
        resolve(answerOf(stream, { status: statusCode, headers: answered }));
      });
    });
  }
}

function answerOf(
  stream: Request,
  { status, headers }: { readonly status: number; readonly headers: IncomingHttpHeaders },
): HttpAnswer {
  return {
    status,
    headers,
    body: stream,
    [Symbol.dispose]() {
      if (!stream.readableEnded) stream.destroy();
    },
  };
}
