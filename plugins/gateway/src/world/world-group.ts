import type { Clock } from '@tiercel/capabilities/clock';
import { checkWorldKey, type WorldModel } from '@tiercel/capabilities/world-model';
import { isTiercelError, type NodeView } from '@tiercel/kernel';
import type { Request, Response } from 'express';
import { GatewayError } from '../errors.js';
import { failureOf, renderDetail } from '../http/failure.js';
import { jsonBody } from '../http/json-body.js';
import { ANONYMOUS, may } from '../http/key-ring.js';
import { refuseOthers } from '../http/refuse-others.js';
import { contextOf } from '../http/request-context.js';
import type { RouteGroup } from '../http/route-group.js';
import { watchReader } from '../http/watch-reader.js';
import { within } from '../within.js';
import { endOfPiece } from './end-of-piece.js';
import { ANSWER_CHARACTERS, pageOf } from './entry-page.js';
import { nestedJson } from './nested-json.js';
import { worldHealthOf } from './world-health.js';
import { WorldQuery } from './world-query.js';
import { WorldWatch } from './world-watch.js';
import { parseWriteRequest } from './write-request.js';

/** A value of 64 KiB whose characters are all escaped, as some clients do, and the fields around it. */
const MAX_BODY_BYTES = 6 * 65_536 + 4_096;
const ANSWER_TIMEOUT_MS = 30_000;
const HEALTH_TIMEOUT_MS = 2_000;

export interface WorldGroupOptions {
  readonly world: WorldModel;
  readonly node: NodeView;
  readonly clock: Clock;
  /** Clients that may watch at once. */
  readonly maxWatches: number;
}

/** The world model of a node for other programs. */
export function createWorldGroup(options: WorldGroupOptions): RouteGroup {
  const routes = new WorldRoutes(options);
  const watch = new WorldWatch(options);
  const json = jsonBody(MAX_BODY_BYTES);
  return {
    name: 'world',
    paths: ['/state', '/v1/entries', '/v1/watch', '/v1/history', '/dispatch-job'],
    mount(router) {
      router.get(['/state', '/state/*key'], allow('read'), (request, response) =>
        routes.sendState(request, response),
      );
      router.get('/v1/entries', allow('read'), (request, response) => routes.sendPage(request, response));
      router.get('/v1/entries/*key', allow('read'), (request, response) =>
        routes.sendEntry(request, response),
      );
      router.put('/v1/entries/*key', allow('write'), json, (request, response) =>
        routes.write(request, response),
      );
      router.delete('/v1/entries/*key', allow('write'), (request, response) =>
        routes.forget(request, response),
      );
      router.get('/v1/history', allow('read'), (request, response) => routes.sendHistory(request, response));
      router.head('/v1/watch', allow('read'), (_request, response) => {
        response.type('text/event-stream').end();
      });
      router.get('/v1/watch', allow('read'), (request, response) => watch.answer(request, response));
      router.all('/dispatch-job', () => {
        throw new GatewayError('GATEWAY_ROUTE_GONE', {});
      });
      refuseOthers(
        router,
        ['GET', 'HEAD'],
        ['/state', '/state/*key', '/v1/entries', '/v1/history', '/v1/watch'],
      );
      refuseOthers(router, ['GET', 'HEAD', 'PUT', 'DELETE'], ['/v1/entries/*key']);
    },
    mountOpen(router, access) {
      router.get('/', async (request, response) => {
        const { mqtt_connected } = await routes.health(request);
        response.json({ status: 'ok', service: 'world-model-service', mqtt_connected });
      });
      router.get('/health', async (request, response) => {
        const { isHealthy, ...parts } = await routes.health(request);
        const isWell = isHealthy && !access.isDraining();
        response.status(isWell ? 200 : 503).json({ status: isWell ? 'healthy' : 'unhealthy', ...parts });
      });
    },
  };
}

class WorldRoutes {
  readonly #world: WorldModel;
  readonly #node: NodeView;
  readonly #clock: Clock;

  constructor({ world, node, clock }: WorldGroupOptions) {
    this.#world = world;
    this.#node = node;
    this.#clock = clock;
  }

  async health(request: Request) {
    return worldHealthOf(await this.#inTime(this.#node.describe(), request, HEALTH_TIMEOUT_MS));
  }

  async sendState(request: Request, response: Response): Promise<void> {
    const prefix = keyOf(request);
    if (prefix !== '') checkWorldKey(prefix);
    new WorldQuery(request.query, []).check();
    const { entries } = await this.#inTime(this.#world.snapshot(prefix), request);
    const pieces = nestedJson(entries, prefix);
    const first = pieces.next();
    if (first.done) throw new GatewayError('GATEWAY_ENTRY_UNKNOWN', {});
    response.type('json');
    let isTaken = response.write(first.value);
    for (const piece of pieces) {
      if (!isTaken) await watchReader(response, this.#clock);
      contextOf(request).signal.throwIfAborted();
      isTaken = response.write(piece);
    }
    response.end();
    void watchReader(response, this.#clock);
  }

  async sendPage(request: Request, response: Response): Promise<void> {
    const query = new WorldQuery(request.query, ['prefix', 'after', 'limit']);
    const [prefix, after, limit] = [query.prefix(), query.text('after'), query.limit()];
    query.check();
    const snapshot = await this.#inTime(this.#world.snapshot(prefix), request);
    response.json(pageOf(snapshot, { after, limit }));
    void watchReader(response, this.#clock);
  }

  async sendEntry(request: Request, response: Response): Promise<void> {
    new WorldQuery(request.query, []).check();
    const entry = await this.#inTime(this.#world.get(keyOf(request)), request);
    if (!entry) throw new GatewayError('GATEWAY_ENTRY_UNKNOWN', {});
    response.json(entry);
  }

  async sendHistory(request: Request, response: Response): Promise<void> {
    const query = new WorldQuery(request.query, ['prefix', 'after', 'limit']);
    const [prefix, after, limit] = [query.prefix(), query.count('after'), query.limit()];
    query.check();
    const history = await this.#inTime(this.#world.history(prefix, { after, limit }), request);
    const end = endOfPiece(history.records, 0, { count: limit, characters: ANSWER_CHARACTERS });
    response.json({ ...history, records: history.records.slice(0, end) });
    void watchReader(response, this.#clock);
  }

  async write(request: Request, response: Response): Promise<void> {
    const key = keyOf(request);
    new WorldQuery(request.query, []).check();
    const observation = { ...parseWriteRequest(request.body), key, origin: originOf(request) };
    await this.#orTellCurrent(key, request, response, async () => {
      response.json(await this.#inTime(this.#world.observe(observation), request));
    });
  }

  async forget(request: Request, response: Response): Promise<void> {
    const key = keyOf(request);
    const query = new WorldQuery(request.query, ['baseRevision']);
    const baseRevision = query.count('baseRevision');
    query.check();
    await this.#orTellCurrent(key, request, response, async () => {
      await this.#inTime(this.#world.forget(key, { origin: originOf(request), baseRevision }), request);
      response.status(204).end();
    });
  }

  /** Whoever was overtaken learns by what, and need not ask again. */
  async #orTellCurrent(
    key: string,
    request: Request,
    response: Response,
    change: () => Promise<void>,
  ): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (!isTiercelError(error, 'WORLD_MODEL_CONFLICT') && !isTiercelError(error, 'WORLD_MODEL_SUPERSEDED'))
        throw error;
      const current = await this.#inTime(this.#world.get(key), request);
      const { status, body } = renderDetail(failureOf(error, contextOf(request).id));
      response.status(status).json({ ...Object(body), current: current ?? null });
    }
  }

  #inTime<T>(answer: Promise<T>, request: Request, ms: number = ANSWER_TIMEOUT_MS): Promise<T> {
    const { signal } = contextOf(request);
    const late = () => new GatewayError('GATEWAY_NODE_SILENT', { waitedMs: ms });
    return within(answer, { ms, clock: this.#clock, signal, late });
  }
}

function allow(access: 'read' | 'write') {
  return (request: Request, _response: Response, next: () => void): void => {
    if (!may(contextOf(request).caller, 'world', access))
      throw new GatewayError('GATEWAY_SCOPE_MISSING', { scope: `world:${access}` });
    next();
  };
}

/** The key that the path names; a slash at the end makes no difference, and an escaped one is one like all others. */
function keyOf({ params }: Request): string {
  const segments: unknown = params['key'];
  return Array.isArray(segments) ? segments.join('/').replace(/\/$/, '') : '';
}

/** Whose key it is; `api` where no key is needed. */
function originOf(request: Request): string {
  const { caller } = contextOf(request);
  return caller === ANONYMOUS ? 'api' : caller.name;
}
