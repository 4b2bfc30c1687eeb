import type { Clock } from '@tiercel/capabilities/clock';
import { GatewayError } from '../errors.js';
import type { AssistantSession } from './assistant-session.js';

export interface AssistantSessionsOptions {
  readonly limit: number;
  /** A conversation in which nothing was said for so long is forgotten. */
  readonly expireAfterMs: number;
  readonly clock: Clock;
}

interface Entry {
  readonly session: AssistantSession;
  readonly idle: AbortController;
}

/** The conversations that go on from request to request. Where there is no room, the one that was quiet for longest goes. */
export class AssistantSessions implements Disposable {
  readonly #options: AssistantSessionsOptions;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: AssistantSessionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The session of this name, or a new one from `create`. */
  find(name: string, create: () => AssistantSession): AssistantSession {
    const known = this.#entries.get(name);
    if (known) this.#forget(name, known);
    const session = known && !known.session.isOver ? known.session : this.#make(create);
    const entry = { session, idle: new AbortController() };
    this.#entries.set(name, entry);
    void this.#expire(name, entry);
    return session;
  }

  [Symbol.dispose](): void {
    for (const [name, entry] of this.#entries) {
      this.#forget(name, entry);
      entry.session.close(new GatewayError('GATEWAY_DRAINING', {}));
    }
  }

  #make(create: () => AssistantSession): AssistantSession {
    const { limit } = this.#options;
    if (this.#entries.size >= limit) {
      const quiet = [...this.#entries].find(([, { session }]) => !session.isTalking);
      if (!quiet) throw new GatewayError('GATEWAY_SESSIONS_BUSY', { limit });
      this.#forget(...quiet);
      quiet[1].session.close(new GatewayError('GATEWAY_SESSIONS_BUSY', { limit }));
    }
    return create();
  }

  #forget(name: string, entry: Entry): void {
    entry.idle.abort();
    this.#entries.delete(name);
  }

  async #expire(name: string, entry: Entry): Promise<void> {
    const { clock, expireAfterMs } = this.#options;
    const { signal } = entry.idle;
    try {
      do await clock.delay(expireAfterMs, { signal });
      while (entry.session.isTalking);
    } catch {
      return;
    }
    this.#forget(name, entry);
    entry.session.close(new GatewayError('GATEWAY_TURN_LOST', { outcome: 'the conversation expired' }));
  }
}
