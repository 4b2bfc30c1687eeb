import { setMaxListeners } from 'node:events';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import { SshError } from './errors.js';
import type { HostSettings } from './settings.js';
import type { SshConnection } from './ssh-connection.js';

/** Two below the usual `MaxSessions` of sshd. */
const SESSIONS_PER_CONNECTION = 8;
const MAX_WAITING = 64;
const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 30_000;

/** How busy a host is. */
export interface HostLoad {
  readonly connections: number;
  readonly sessions: number;
  readonly waiting: number;
  /** `open` while the host is left alone, `half-open` until it has been connected to again. */
  readonly circuit: 'closed' | 'half-open' | 'open';
}

export interface SshHostOptions {
  readonly clock: Pick<Clock, 'nowMs' | 'delay'>;
  readonly log: Pick<Log, 'debug' | 'warn'>;
  readonly maxConnections: number;
  /** A connection without a session is closed after this time. */
  readonly idleMs: number;
  readonly connect: (host: HostSettings, signal: AbortSignal) => Promise<SshConnection>;
  /** Told after each change. */
  readonly onLoad: (load: HostLoad) => void;
}

/** A connection and the sessions on it. */
interface Carrier {
  readonly connection: SshConnection;
  running: number;
  /** Learned from the host, if it allows fewer. */
  capacity: number;
  idle: AbortController | undefined;
}

interface Waiter {
  readonly admit: (carrier: Carrier) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * The connections to one host, opened when they are needed. Sessions beyond what these carry wait in order; when 64 wait,
 * further ones are refused. After a connection that failed, the host is left alone for a while that grows.
 */
export class SshHost {
  readonly settings: HostSettings;
  readonly #options: SshHostOptions;
  readonly #carriers = new Set<Carrier>();
  readonly #connecting = new Set<Promise<void>>();
  readonly #closing = new Set<Promise<void>>();
  readonly #waiting = new Set<Waiter>();
  readonly #life = new AbortController();
  #failures = 0;
  #restUntilMs = 0;

  constructor(settings: HostSettings, options: SshHostOptions) {
    this.settings = settings;
    this.#options = options;
    // One for each connection that is being opened.
    setMaxListeners(0, this.#life.signal);
  }

  get load(): HostLoad {
    const isResting = this.#restUntilMs > this.#options.clock.nowMs();
    return {
      connections: this.#carriers.size,
      sessions: this.#running,
      waiting: this.#waiting.size,
      circuit: this.#failures === 0 ? 'closed' : isResting ? 'open' : 'half-open',
    };
  }

  /**
   * Opens a session and works with it; the place of the session is taken until `work` settles.
   * @param signal ends the wait for a place
   * @param open gives nothing if the connection has no room for one more session
   */
  async useSession<S, T>(
    signal: AbortSignal,
    open: (connection: SshConnection) => Promise<S | undefined>,
    work: (session: S, connection: SshConnection) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const carrier = await this.#enter(signal);
      try {
        const session = await open(carrier.connection);
        if (session !== undefined) return await work(session, carrier.connection);
        this.#shrink(carrier);
      } finally {
        this.#leave(carrier);
      }
    }
  }

  /** Refuses everything from now on and closes all connections. */
  async close(): Promise<void> {
    const closed = new SshError('SSH_CLOSED', {});
    this.#life.abort(closed);
    this.#failWaiting(closed);
    await Promise.all(this.#connecting);
    await Promise.all([...this.#closing, ...[...this.#carriers].map(({ connection }) => connection.close())]);
  }

  async #enter(signal: AbortSignal): Promise<Carrier> {
    signal.throwIfAborted();
    this.#life.signal.throwIfAborted();
    if (this.#waiting.size >= MAX_WAITING) {
      const { name: host } = this.settings;
      throw new SshError('SSH_HOST_BUSY', { host, running: this.#running, waiting: this.#waiting.size });
    }
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#waiting.delete(waiter);
        signal.removeEventListener('abort', giveUp);
      };
      const waiter: Waiter = {
        admit: (carrier) => {
          settle();
          resolve(carrier);
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      };
      const giveUp = () => waiter.fail(signal.reason);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(waiter);
      this.#serve();
    });
  }

  #leave(carrier: Carrier): void {
    carrier.running -= 1;
    this.#serve();
    if (carrier.running === 0 && this.#carriers.has(carrier)) this.#closeWhenIdle(carrier);
  }

  /** After each change. */
  #serve(): void {
    this.#assign();
    this.#options.onLoad(this.load);
  }

  /** Gives free places to those who wait, and connects once more if there are too few. */
  #assign(): void {
    for (const waiter of this.#waiting) {
      const carrier = [...this.#carriers].find(({ running, capacity }) => running < capacity);
      if (!carrier) break;
      carrier.running += 1;
      carrier.idle?.abort();
      carrier.idle = undefined;
      waiter.admit(carrier);
    }
    const expected = this.#connecting.size * SESSIONS_PER_CONNECTION;
    const hasRoom = this.#carriers.size + this.#connecting.size < this.#options.maxConnections;
    if (this.#waiting.size <= expected || !hasRoom || this.#life.signal.aborted) return;
    const waitMs = Math.ceil(this.#restUntilMs - this.#options.clock.nowMs());
    if (waitMs <= 0) this.#connect();
    else if (this.#carriers.size + this.#connecting.size === 0)
      this.#failWaiting(new SshError('SSH_HOST_RESTING', { host: this.settings.name, waitMs }));
  }

  #connect(): void {
    const { connect, clock, log } = this.#options;
    const { name: host } = this.settings;
    const connecting = connect(this.settings, this.#life.signal).then((connection) => {
      // A host may let us in and end it at once.
      connection.lost.throwIfAborted();
      return connection;
    });
    const opening: Promise<void> = connecting.then(
      (connection) => {
        this.#connecting.delete(opening);
        this.#failures = 0;
        log.debug('host connected', { host });
        this.#carry(connection);
      },
      (error: unknown) => {
        this.#connecting.delete(opening);
        this.#failures += 1;
        const restMs = Math.min(FIRST_REST_MS * 2 ** (this.#failures - 1), LONGEST_REST_MS);
        this.#restUntilMs = clock.nowMs() + restMs;
        if (!this.#life.signal.aborted) log.warn('host cannot be connected', { host, restMs, error });
        if (this.#carriers.size + this.#connecting.size === 0) return this.#failWaiting(error);
        // Those who wait get the places of the other connections, or one more when the host has rested.
        clock.delay(restMs, { signal: this.#life.signal }).then(
          () => this.#serve(),
          () => undefined,
        );
      },
    );
    this.#connecting.add(opening);
    this.#serve();
  }

  #carry(connection: SshConnection): void {
    const carrier: Carrier = { connection, running: 0, capacity: SESSIONS_PER_CONNECTION, idle: undefined };
    this.#carriers.add(carrier);
    const drop = () => {
      this.#carriers.delete(carrier);
      carrier.idle?.abort();
      const { reason: error } = connection.lost;
      if (carrier.running > 0) this.#options.log.warn('connection lost', { host: this.settings.name, error });
      this.#serve();
    };
    connection.lost.addEventListener('abort', drop, { once: true });
    this.#serve();
    if (carrier.running === 0) this.#closeWhenIdle(carrier);
  }

  /** The host allows fewer sessions than we thought; a connection that can carry none is of no use. */
  #shrink(carrier: Carrier): void {
    if (carrier.running <= 1) {
      const { name: host } = this.settings;
      throw new SshError('SSH_SESSION_REFUSED', { host, finding: 'it allows no session at all' });
    }
    carrier.capacity = Math.min(carrier.capacity, carrier.running - 1);
  }

  #closeWhenIdle(carrier: Carrier): void {
    const idle = new AbortController();
    carrier.idle = idle;
    this.#options.clock.delay(this.#options.idleMs, { signal: idle.signal }).then(
      () => {
        this.#carriers.delete(carrier);
        const closing = carrier.connection.close().finally(() => this.#closing.delete(closing));
        this.#closing.add(closing);
      },
      () => undefined,
    );
  }

  #failWaiting(error: unknown): void {
    for (const waiter of this.#waiting) waiter.fail(error);
  }

  get #running(): number {
    return [...this.#carriers].reduce((sum, { running }) => sum + running, 0);
  }
}
