import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from '@tiercel/capabilities/clock';
import { childController, isTiercelError } from '@tiercel/kernel';
import type { Got } from 'got';
import { ConsulError } from './errors.js';
import { limitTime } from './limit-time.js';

export interface ConsulClientOptions {
  readonly origin: string;
  readonly token: string;
  /** Certificate of an authority, as PEM. */
  readonly authority: string | undefined;
  readonly clock: Clock;
}

export interface ConsulRequest {
  /** Longest wait for the whole answer once there is a connection. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface ConsulAnswer {
  readonly text: string;
  /** `X-Consul-Index`, as it came. */
  readonly index: string | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** Speaks to one Consul agent, and to nobody else: redirects are answers that it does not follow. */
export class ConsulClient {
  readonly #got: Got;
  readonly #options: ConsulClientOptions;
  // A query takes up to a minute: a connection that is kept for the next one would mostly be a closed one.
  readonly #agents = { http: new Agent(), https: new TlsAgent() };

  constructor(got: Got, options: ConsulClientOptions) {
    this.#got = got;
    this.#options = options;
  }

  get origin(): string {
    return this.#options.origin;
  }

  /** Answers with 200 only; everything else throws a `ConsulError`. */
  async ask(method: 'GET' | 'PUT', path: string, request: ConsulRequest): Promise<ConsulAnswer> {
    const { origin, clock } = this.#options;
    const { timeoutMs, signal } = request;
    signal.throwIfAborted();
    using exchange = childController(signal);
    const silent = () => exchange.abort(new ConsulError('CONSUL_SILENT', { origin, waitedMs: timeoutMs }));
    using _whole = limitTime(clock, timeoutMs, silent);
    const finding = `there is no connection after ${CONNECT_TIMEOUT_MS} ms`;
    const connecting = limitTime(clock, CONNECT_TIMEOUT_MS, () =>
      exchange.abort(new ConsulError('CONSUL_UNREACHABLE', { origin, finding })),
    );
    try {
      return await this.#exchange(method, path, {
        ...request,
        signal: exchange.signal,
        onConnected: () => connecting[Symbol.dispose](),
      });
    } catch (error) {
      exchange.signal.throwIfAborted();
      if (isTiercelError(error)) throw error;
      throw new ConsulError(
        'CONSUL_UNREACHABLE',
        { origin, finding: findingOf(error) },
        { cause: causeOf(error) },
      );
    } finally {
      connecting[Symbol.dispose]();
    }
  }

  async #exchange(
    method: 'GET' | 'PUT',
    path: string,
    { body, signal, onConnected }: ConsulRequest & { readonly onConnected: () => void },
  ): Promise<ConsulAnswer> {
    const { origin, token, authority } = this.#options;
    const stream = this.#got.stream(`${origin}${path}`, {
      method,
      headers: {
        'user-agent': 'tiercel',
        accept: 'application/json',
        'accept-encoding': 'identity',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== '' && { 'x-consul-token': token }),
      },
      // Without one, a PUT would wait for it.
      ...(method !== 'GET' && { body: body === undefined ? '' : JSON.stringify(body) }),
      // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
      https: {
        rejectUnauthorized: true,
        ...(authority !== undefined && { certificateAuthority: authority }),
      },
      agent: this.#agents,
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
    });
    const abort = () => stream.destroy(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      const answer: { status: number; index: string | undefined } = { status: 0, index: undefined };
      stream.once('socket', (socket: Socket) => {
        if (!socket.connecting) onConnected();
        else socket.once('connect', onConnected);
      });
      stream.once('response', ({ statusCode, headers }) => {
        const index = headers['x-consul-index'];
        answer.status = statusCode;
        answer.index = typeof index === 'string' ? index : undefined;
      });
      const text = await this.#readBody(stream);
      const { status, index } = answer;
      if (status === 401 || status === 403) throw new ConsulError('CONSUL_REFUSED', { origin, status });
      if (status !== 200) throw new ConsulError('CONSUL_FAILED', { origin, status });
      return { text, index };
    } finally {
      signal.removeEventListener('abort', abort);
      stream.destroy();
    }
  }

  async #readBody(stream: AsyncIterable<Uint8Array>): Promise<string> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of stream) {
      bytes += part.byteLength;
      if (bytes > MAX_BYTES) {
        const finding = `it is longer than ${MAX_BYTES} bytes`;
        throw new ConsulError('CONSUL_ANSWER_INVALID', { origin: this.origin, finding });
      }
      parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
  }
}

function findingOf(error: unknown): string {
  const { code } = Object(error) as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'the connection broke';
}

/** Errors of an HTTP client carry the request, and with it the token. */
function causeOf(error: unknown): unknown {
  const { cause } = Object(error) as { readonly cause?: unknown };
  return cause instanceof Error && !('options' in cause) ? cause : undefined;
}
