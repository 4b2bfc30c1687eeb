import { setTimeout as delay } from 'node:timers/promises';
import {
  checkWorldKey,
  checkWorldPrefix,
  type WorldChange,
  type WorldEntry,
  type WorldForgetting,
  type WorldHistory,
  type WorldModel,
  WorldModelError,
  type WorldObservation,
  type WorldSnapshot,
} from '@tiercel/capabilities/world-model';
import { openDeadline } from '@tiercel/kernel';
import { CliError } from '../errors.js';
import { readWatchEvents } from './read-watch-events.js';

const ANSWER_TIMEOUT_MS = 60_000;
/** A node that is told too much says when it listens again. */
const MAX_ATTEMPTS = 10;
const MAX_RETRY_AFTER_S = 60;
/** A store that begins anew between two pages is read from the start again, so often. */
const MAX_READS = 3;

export interface RestWorldModelOptions {
  /** Base of the routes, without a slash at its end. */
  readonly url: string;
  readonly key: string | undefined;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

interface Page extends WorldSnapshot {
  readonly next?: string;
}

/** What is wrong, as the routes tell it. */
interface Refusal {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly current?: { readonly revision: number; readonly hlc: string } | null;
}

/** The world model of a running node, over its REST routes. The node names whoever writes by the key, whatever `origin` says. */
export class RestWorldModel implements WorldModel {
  readonly #options: RestWorldModelOptions;

  constructor(options: RestWorldModelOptions) {
    this.#options = options;
  }

  async get(key: string): Promise<WorldEntry | undefined> {
    checkWorldKey(key);
    const response = await this.#send('GET', pathOf(key));
    if (response.status !== 404) return await this.#read<WorldEntry>(response);
    const { code } = await readRefusal(response);
    if (code === 'GATEWAY_ENTRY_UNKNOWN') return undefined;
    throw this.#refused(response.status, { code });
  }

  async observe(observation: WorldObservation): Promise<WorldEntry> {
    const { key, value, ttlMs, baseRevision, timeMs, hlc } = observation;
    checkWorldKey(key);
    const response = await this.#send('PUT', pathOf(key), {
      value,
      ttlMs,
      baseRevision,
      timeMs,
      hlc,
    });
    return await this.#read<WorldEntry>(response, observation);
  }

  async forget(key: string, { baseRevision }: WorldForgetting): Promise<boolean> {
    // The route is content where there is nothing to forget.
    if (!(await this.get(key))) {
      if (baseRevision === undefined || baseRevision === 0) return false;
      throw new WorldModelError('WORLD_MODEL_CONFLICT', { key, baseRevision, currentRevision: 0 });
    }
    const query = baseRevision === undefined ? '' : `?baseRevision=${baseRevision}`;
    const response = await this.#send('DELETE', `${pathOf(key)}${query}`);
    if (!response.ok) throw await this.#failure(response, { key, baseRevision });
    return true;
  }

  async snapshot(prefix = ''): Promise<WorldSnapshot> {
    checkWorldPrefix(prefix);
    for (let read = 1; read <= MAX_READS; read++) {
      const snapshot = await this.#readPages(prefix);
      if (snapshot) return snapshot;
    }
    throw this.#unreachable('its world model began anew again and again while it was read');
  }

  async *watch(
    prefix: string,
    options: { readonly after?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<WorldChange, void, undefined> {
    checkWorldPrefix(prefix);
    const { signal } = options;
    signal?.throwIfAborted();
    const after = options.after ?? (await this.#revision());
    const query = new URLSearchParams({ prefix, after: String(after) });
    const response = await this.#send('GET', `/v1/watch?${query}`, undefined, { isStream: true });
    if (!response.ok || !response.body) throw await this.#failure(response);
    const ended = () => this.#unreachable('it ended the watch, as it stops or you read too slowly');
    try {
      yield* readWatchEvents(response.body, signal ?? this.#options.signal);
    } catch (cause) {
      this.#options.signal.throwIfAborted();
      signal?.throwIfAborted();
      throw new CliError(
        'CLI_WORLD_UNREACHABLE',
        { url: this.#options.url, finding: findingOf(cause) },
        { cause },
      );
    }
    throw ended();
  }

  async history(
    prefix: string,
    { after, limit }: { readonly after?: number | undefined; readonly limit?: number | undefined } = {},
  ): Promise<WorldHistory> {
    checkWorldPrefix(prefix);
    const query = new URLSearchParams({
      prefix,
      ...(after !== undefined && { after: String(after) }),
      ...(limit !== undefined && { limit: String(limit) }),
    });
    return await this.#read<WorldHistory>(await this.#send('GET', `/v1/history?${query}`));
  }

  async #revision(): Promise<number> {
    const { revision } = await this.history('', { after: Number.MAX_SAFE_INTEGER, limit: 1 });
    return revision;
  }

  /** Undefined where the store began anew meanwhile. */
  async #readPages(prefix: string): Promise<WorldSnapshot | undefined> {
    const entries: WorldEntry[] = [];
    let first: Page | undefined;
    let after: string | undefined = '';
    while (after !== undefined) {
      const query: URLSearchParams = new URLSearchParams({ prefix, after });
      const page: Page = await this.#read<Page>(await this.#send('GET', `/v1/entries?${query}`));
      first ??= page;
      if (page.epoch !== first.epoch) return undefined;
      entries.push(...page.entries);
      after = page.next;
    }
    return first && { epoch: first.epoch, revision: first.revision, entries };
  }

  async #send(
    method: string,
    path: string,
    body?: unknown,
    { isStream = false }: { readonly isStream?: boolean } = {},
  ): Promise<Response> {
    const { url, key, signal } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const response = await this.#fetch(url + path, {
        method,
        redirect: 'error',
        headers: {
          ...(key !== undefined && { Authorization: `Bearer ${key}` }),
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...(isStream && { Accept: 'text/event-stream' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (response.status !== 429 || attempt === MAX_ATTEMPTS) return response;
      await response.body?.cancel();
      const seconds = Math.min(Number(response.headers.get('Retry-After')) || 1, MAX_RETRY_AFTER_S);
      await delay(seconds * 1_000, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** Waits so long for the headers; what follows is read by whoever asked. */
  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const { signal } = this.#options;
    const late = () => this.#unreachable(`it said nothing for ${ANSWER_TIMEOUT_MS} ms`);
    using deadline = openDeadline(signal, ANSWER_TIMEOUT_MS, late);
    try {
      return await fetch(url, { ...init, signal: deadline.signal });
    } catch (cause) {
      signal.throwIfAborted();
      deadline.signal.throwIfAborted();
      throw new CliError(
        'CLI_WORLD_UNREACHABLE',
        { url: this.#options.url, finding: findingOf(cause) },
        { cause },
      );
    }
  }

  async #read<T>(response: Response, request?: WorldObservation): Promise<T> {
    if (!response.ok) throw await this.#failure(response, request);
    try {
      // The routes are ours; whatever else answers there is told apart by not being JSON.
      return (await response.json()) as T;
    } catch (cause) {
      this.#options.signal.throwIfAborted();
      const { url } = this.#options;
      const finding = `its answer cannot be read (${findingOf(cause)}); is this the listener of a world model?`;
      throw new CliError('CLI_WORLD_REFUSED', { url, status: response.status, finding }, { cause });
    }
  }

  async #failure(
    response: Response,
    request?: Pick<WorldObservation, 'key' | 'baseRevision' | 'hlc'>,
  ): Promise<Error> {
    const refusal = await readRefusal(response);
    const { code, current } = refusal;
    if (request && code === 'WORLD_MODEL_CONFLICT') {
      const { key, baseRevision = 0 } = request;
      return new WorldModelError(code, { key, baseRevision, currentRevision: current?.revision ?? 0 });
    }
    if (request && code === 'WORLD_MODEL_SUPERSEDED') {
      const { key, hlc = '' } = request;
      return new WorldModelError(code, { key, hlc, newerHlc: current?.hlc ?? hlc });
    }
    return this.#refused(response.status, refusal);
  }

  #refused(status: number, { code, detail }: Refusal): Error {
    const { url } = this.#options;
    if (status === 401) return new CliError('CLI_WORLD_KEY_WRONG', { url });
    const finding =
      typeof detail === 'string' ? `${detail} (${String(code)})` : 'is this the listener of a world model?';
    return new CliError('CLI_WORLD_REFUSED', { url, status, finding });
  }

  #unreachable(finding: string): Error {
    return new CliError('CLI_WORLD_UNREACHABLE', { url: this.#options.url, finding });
  }
}

/** As one segment that is not all dots: `..` would be resolved before it is sent. The slash at the end makes no difference. */
function pathOf(key: string): string {
  return `/v1/entries/${encodeURIComponent(`${key}/`)}`;
}

async function readRefusal(response: Response): Promise<Refusal> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}

/** The reason behind "fetch failed". */
function findingOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError) return cause.errors.map(findingOf).join(', ') || cause.message;
  return cause instanceof Error ? cause.message : error.message;
}
