import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import { coreMetrics, type Metrics } from '@tiercel/capabilities/metrics';
import type { Request, Response, Router } from 'express';
import { GatewayError } from '../errors.js';
import { failureOf, isOurs, renderDetail } from './failure.js';
import { ANONYMOUS, type Caller, type KeyRing, may } from './key-ring.js';
import { RateLimiter } from './rate-limiter.js';
import {
  checkHost,
  checkOrigin,
  checkTarget,
  type HostRules,
  readRequestId,
  readTraceparent,
} from './request-checks.js';
import { contextOf, setContext } from './request-context.js';
import type { RequestTracker } from './request-tracker.js';
import { findEntry, type RouteGroup } from './route-group.js';

export interface GroupEntry {
  readonly group: RouteGroup;
  readonly keys: KeyRing;
  /** Of one key, or of one address where no key is needed; 0: no limit. */
  readonly requestsPerMinute: number;
}

/** What the routes of operation may know of a request: they are open, and tell more to whoever has a key. */
export interface OpsAccess {
  readonly isLoopback: boolean;
  /** Whether a key is needed on this listener at all. */
  readonly hasKeys: boolean;
  isDraining(): boolean;
  /** Whether a key that came with the request is good for `metrics`. */
  isKnown(request: IncomingMessage): boolean;
}

export interface AppOptions {
  readonly groups: readonly GroupEntry[];
  readonly ops: (router: Router, access: OpsAccess) => void;
  readonly hosts: HostRules;
  readonly origins: ReadonlySet<string>;
  /** Addresses and networks of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly requests: RequestTracker;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics | undefined;
}

const CORS_MAX_AGE_SECONDS = 600;

/** Everything between the socket and a route, in the order in which it is checked. */
export async function createApp(options: AppOptions): Promise<RequestListener> {
  const { default: express } = await import('express');
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('trust proxy', [...options.trustedProxies]);

  const groups = options.groups.map((entry) => {
    const router = express.Router({ caseSensitive: true });
    entry.group.mount(router);
    return { ...entry, router, limiter: new RateLimiter(entry.requestsPerMinute, options.clock) };
  });
  const ops = express.Router({ caseSensitive: true });
  const access = createOpsAccess(options);
  const [only, ...others] = options.groups;
  if (others.length === 0) only?.group.mountOpen?.(ops, access);
  options.ops(ops, access);

  app.use((request, response, next) => {
    // A pipelined request waits until those before it are answered: only then its client can be seen leaving.
    if (response.socket) begin(request, response, options, next);
    else response.once('socket', () => begin(request, response, options, next));
  });
  app.use((request, response, next) => {
    checkTarget(request.url);
    // Of several, Node would only show the first.
    const [host, ...others] = request.headersDistinct['host'] ?? [];
    checkHost(others.length === 0 ? host : undefined, options.hosts);
    checkOrigin(request.headers.origin, options.origins);
    if (allowOrigin(request, response)) response.status(204).end();
    else next();
  });
  app.use(ops);
  app.use((request, response, next) => {
    if (options.requests.isDraining) throw new GatewayError('GATEWAY_DRAINING', {});
    const entry = findEntry(groups, request.path);
    if (!entry) throw new GatewayError('GATEWAY_ROUTE_UNKNOWN', {});
    const caller = identify(request, entry.keys);
    admit(request, caller, entry.limiter, entry.requestsPerMinute);
    setContext(request, { ...contextOf(request), caller });
    entry.router(request, response, (error: unknown) => {
      next(error ?? new GatewayError('GATEWAY_ROUTE_UNKNOWN', {}));
    });
  });
  app.use((error: unknown, request: Request, response: Response, _next: () => void) => {
    answerFailure(error, request, response, options);
  });
  return app;
}

function begin(request: Request, response: Response, options: AppOptions, next: () => void): void {
  const id = readRequestId(request.headers['x-request-id']) ?? randomUUID();
  const traceparent = readTraceparent(request.headers['traceparent']);
  const signal = options.requests.begin(response);
  const { draining } = options.requests;
  setContext(request, { id, traceparent, signal, draining, caller: ANONYMOUS });
  response.setHeader('X-Request-Id', id);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', 'no-store');
  const { clock, metrics } = options;
  const startedMs = clock.nowMs();
  const group = findEntry(options.groups, request.path)?.group.name ?? 'ops';
  response.once('close', () => {
    const status = signal.aborted ? 'cut' : String(response.statusCode);
    metrics?.observe(coreMetrics.httpRequestSeconds, (clock.nowMs() - startedMs) / 1_000, { group, status });
  });
  next();
}

/** Tells a browser that its page may use the answer. Returns whether it only asked for that. */
function allowOrigin(request: Request, response: Response): boolean {
  const { origin, 'access-control-request-method': method } = request.headers;
  if (origin === undefined) return false;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Expose-Headers', 'Retry-After, X-Request-Id');
  response.vary('Origin');
  if (request.method !== 'OPTIONS' || method === undefined) return false;
  const headers = request.headers['access-control-request-headers'] ?? '';
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, DELETE');
  if (/^[\w-]+(?:, ?[\w-]+)*$/.test(headers)) response.setHeader('Access-Control-Allow-Headers', headers);
  response.setHeader('Access-Control-Max-Age', String(CORS_MAX_AGE_SECONDS));
  return true;
}

function identify(request: Request, keys: KeyRing): Caller {
  if (keys.isEmpty) return ANONYMOUS;
  const caller = keys.find(request.headers.authorization);
  if (caller === 'missing') throw new GatewayError('GATEWAY_KEY_MISSING', {});
  if (caller === 'wrong') throw new GatewayError('GATEWAY_KEY_WRONG', {});
  return caller;
}

/** Counts what came with a key by key, the rest by address. */
function admit(request: Request, caller: Caller, limiter: RateLimiter, perMinute: number): void {
  const retryAfterSeconds = limiter.take(
    caller === ANONYMOUS ? `address ${request.ip}` : `key ${caller.name}`,
  );
  if (retryAfterSeconds > 0) throw new GatewayError('GATEWAY_RATE_LIMITED', { perMinute, retryAfterSeconds });
}

function createOpsAccess({ groups, hosts, requests }: AppOptions): OpsAccess {
  const rings = groups.map(({ keys }) => keys).filter((keys) => !keys.isEmpty);
  return {
    isLoopback: hosts.isLoopback,
    hasKeys: rings.length > 0,
    isDraining: () => requests.isDraining,
    isKnown: ({ headers }) =>
      rings.some((keys) => {
        const caller = keys.find(headers.authorization);
        return typeof caller !== 'string' && may(caller, 'metrics');
      }),
  };
}

function answerFailure(error: unknown, request: Request, response: Response, options: AppOptions): void {
  const { id, signal, caller } = contextOf(request);
  const failure = failureOf(asRequestError(error), id);
  if (isOurs(failure) && !signal.aborted) {
    options.log.warn('a request failed', { id, status: failure.status, caller: caller.name, error });
  }
  if (response.headersSent || response.destroyed) {
    // Whoever wrote the headers knows how its clients are told; here only the connection is left.
    response.destroy();
    return;
  }
  const group = findEntry(options.groups, request.path)?.group;
  const answer = group?.render?.(failure, request.path) ?? renderDetail(failure);
  response.status(answer.status);
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  response.json(answer.body);
}

/** The router of Express finds broken escapes in paths on its own. */
function asRequestError(error: unknown): unknown {
  if (!(error instanceof URIError)) return error;
  return new GatewayError('GATEWAY_REQUEST_INVALID', { findings: ['the path holds a broken escape'] });
}
