import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import { childController, type PluginHealth } from '@tiercel/kernel';
import type { EndpointPool } from './endpoint-pool.js';
import { limitTime } from './limit-time.js';
import { FIRST_LOOK_PAUSE_MS, FIRST_LOOK_TIMEOUT_MS, LONGEST_LOOK_PAUSE_MS } from './limits.js';
import type { ServerEndpoint } from './server-endpoint.js';

export interface ServerWatchDeps {
  readonly pool: EndpointPool;
  readonly clock: Clock;
  readonly health: PluginHealth;
  readonly log: Log;
}

/**
 * Keeps the plugin's health true: degraded while no server can be used. Servers that cannot be used, or that nobody has
 * looked at, are looked at again and again, so that a server that comes back is used at once.
 */
export class ServerWatch implements AsyncDisposable {
  readonly #deps: ServerWatchDeps;
  readonly #stop = new AbortController();
  #watching: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  #told: string | undefined;

  constructor(deps: ServerWatchDeps) {
    this.#deps = deps;
  }

  /** Looks at every server once. Settles when all have been looked at, or after a few seconds. */
  async open(signal: AbortSignal): Promise<void> {
    using look = childController(signal);
    using _limit = limitTime(this.#deps.clock, FIRST_LOOK_TIMEOUT_MS, () => look.abort('it took too long'));
    await this.#lookAtAll(look.signal);
    signal.throwIfAborted();
    this.#tell();
    this.#watching = this.#watch();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { pool, clock } = this.#deps;
    const { signal } = this.#stop;
    const leave = pool.onChange(() => {
      this.#tell();
      if (pool.all.some(isToBeLookedAt)) this.#wake?.();
    });
    let pauseMs = FIRST_LOOK_PAUSE_MS;
    while (!signal.aborted) {
      if (pool.all.some(isToBeLookedAt)) {
        await clock.delay(pauseMs, { signal }).catch(() => undefined);
        pauseMs = Math.min(pauseMs * 2, LONGEST_LOOK_PAUSE_MS);
      } else {
        pauseMs = FIRST_LOOK_PAUSE_MS;
        await this.#trouble(signal);
      }
      await this.#lookAtAll(signal);
      this.#tell();
    }
    leave();
  }

  #trouble(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#wake = undefined;
        signal.removeEventListener('abort', end);
        resolve();
      };
      this.#wake = end;
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  }

  async #lookAtAll(signal: AbortSignal): Promise<void> {
    const looks = this.#deps.pool.all.filter(isToBeLookedAt).map((endpoint) => endpoint.look(signal));
    // What is wrong with a server is kept there, for `#tell`.
    await Promise.allSettled(looks);
  }

  #tell(): void {
    const { pool, health, log } = this.#deps;
    const problem = problemOf(pool.all);
    if (problem === this.#told) return;
    this.#told = problem;
    if (problem === undefined) {
      log.info('a model server can be used', { servers: pool.all.length });
      health.ready();
    } else {
      log.warn('no model server can be used', { finding: problem });
      health.degraded(problem);
    }
  }
}

/** Nobody knows what answers there, or nothing does. */
function isToBeLookedAt(endpoint: ServerEndpoint): boolean {
  return endpoint.facts === undefined || endpoint.problem !== undefined;
}

function problemOf(endpoints: readonly ServerEndpoint[]): string | undefined {
  const problems = endpoints.map(({ origin, problem }) => problem && `${origin}: ${problem}`);
  if (problems.includes(undefined)) return undefined;
  return problems.length === 0 ? 'no model server is known' : problems.join('; ');
}
