import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import { GatewayError } from '../errors.js';
import { within } from '../within.js';
import type { RequestTracker } from './request-tracker.js';
import type { TlsFiles } from './tls-files.js';

export interface ListenerLimits {
  readonly maxConnections: number;
  /** Longest wait for the headers of a request. */
  readonly headersTimeoutMs: number;
  /** Longest wait for a whole request. */
  readonly requestTimeoutMs: number;
  /** How long running requests may go on while the node stops. */
  readonly drainTimeoutMs: number;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly tls: TlsFiles | undefined;
  readonly limits: ListenerLimits;
  readonly requests: RequestTracker;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

/** Answers that were told to end get so long to say it. */
const LAST_WORDS_MS = 500;
const KEEP_ALIVE_MS = 30_000;

/** One open port. Closing it waits for what is being answered, within limits. */
export class Listener implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: ListenerOptions;
  #closed: Promise<void> | undefined;

  static async open(
    options: ListenerOptions,
    createHandler: () => Promise<RequestListener>,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<Listener> {
    const { host, port, tls, limits } = options;
    const serverOptions: ServerOptions = {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.max(50, Math.min(limits.headersTimeoutMs / 4, 5_000)),
      keepAliveTimeout: KEEP_ALIVE_MS,
    };
    const server = tls
      ? createHttpsServer({ ...serverOptions, cert: tls.cert, key: tls.key })
      : createHttpServer(serverOptions);
    server.maxConnections = limits.maxConnections;
    const listener = new Listener(server, options);
    server.on('request', await createHandler());
    try {
      server.listen({ host, port });
      await once(server, 'listening', { signal });
    } catch (cause) {
      server.close();
      if (signal.aborted) throw signal.reason;
      const finding = cause instanceof Error ? cause.message : String(cause);
      throw new GatewayError('GATEWAY_LISTEN_FAILED', { address: `${host}:${port}`, finding }, { cause });
    }
    // Such as too many open files: the connection is lost, the listener goes on.
    server.on('error', (error) => options.log.warn('a connection was not taken', { error }));
    return listener;
  }

  private constructor(server: Server, options: ListenerOptions) {
    this.#server = server;
    this.#options = options;
  }

  get url(): string {
    // A server that listens on a port has one, and no name of a pipe.
    const { address, port } = this.#server.address() as AddressInfo;
    const host = address.includes(':') ? `[${address}]` : address;
    return `${this.#options.tls ? 'https' : 'http'}://${host}:${port}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { requests, limits } = this.#options;
    // The port stays open for now: whoever asks is told that the node is stopping.
    requests.drain();
    await this.#idle(limits.drainTimeoutMs);
    requests.abortAll(new GatewayError('GATEWAY_DRAINING', {}));
    await this.#idle(LAST_WORDS_MS);
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** Settles when nothing is being answered, at the latest after `ms`. */
  async #idle(ms: number): Promise<void> {
    const { requests, clock } = this.#options;
    const waiting = new AbortController();
    const late = () => new GatewayError('GATEWAY_DRAINING', {});
    await within(requests.whenIdle(waiting.signal), { ms, clock, late }).catch(() => undefined);
    waiting.abort();
  }
}
