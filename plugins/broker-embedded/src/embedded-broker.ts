import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import type { Metrics } from '@tiercel/capabilities/metrics';
import type { AuthenticateError, Client, PublishPacket } from 'aedes';
import { type AccessRules, createAccessRules } from './access-rules.js';
import { clientsGauge, messagesTotal, retainedGauge } from './broker-metrics.js';
import { ClientConnection } from './client-connection.js';
import type { BrokerConfig } from './config.js';
import { BrokerError } from './errors.js';
import { Incidents } from './incidents.js';
import { MessageStore, setUserOf, userOf } from './message-store.js';
import { OrderedAedes } from './ordered-aedes.js';
import { type BrokerUsers, digestOf, type TlsFiles } from './parse-config.js';

export interface EmbeddedBrokerOptions {
  readonly config: BrokerConfig;
  readonly users: BrokerUsers;
  readonly tls: TlsFiles | undefined;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics | undefined;
}

export interface BrokerFacts {
  readonly url: string;
  readonly clients: number;
  readonly sessions: number;
  readonly retainedMessages: number;
  readonly retainedBytes: number;
  readonly incidents: Readonly<Record<string, number>>;
}

/** Return codes of CONNACK in MQTT 3.1.1. */
const IDENTIFIER_REJECTED = 2;
const BAD_CREDENTIALS = 4;
/** Topics of the world model have up to eleven levels; deeper ones cost the matcher more than they are worth. */
const MAX_TOPIC_LEVELS = 32;
/** Unreleased messages of QoS 2 per client: each is kept whole. */
const MAX_INFLIGHT_INBOUND = 64;
const TCP_KEEPALIVE_MS = 60_000;

/** aedes behind one listener, with users, access rules and bounds. */
export class EmbeddedBroker implements AsyncDisposable {
  readonly #options: EmbeddedBrokerOptions;
  readonly #incidents: Incidents;
  readonly #rules: AccessRules;
  readonly #store: MessageStore;
  readonly #aedes: OrderedAedes;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #closed: Promise<void> | undefined;

  static async open(
    options: EmbeddedBrokerOptions,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<EmbeddedBroker> {
    const broker = new EmbeddedBroker(options);
    try {
      await broker.#aedes.listen();
      await broker.#listen(signal);
      return broker;
    } catch (error) {
      await broker[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(options: EmbeddedBrokerOptions) {
    const { config, users, tls, clock, log } = options;
    this.#options = options;
    this.#incidents = new Incidents(options);
    const { prefix, coreUsers } = config;
    this.#rules = createAccessRules({ prefix, coreUsers, hasUsers: users.size > 0 });
    this.#store = new MessageStore({
      limits: config,
      nowMs: () => clock.nowMs(),
      onRetained: (count) => options.metrics?.set(retainedGauge, count),
      onSessionLost: (reason, messages) =>
        this.#incidents.report('session-lost', 'a session was given up before its client came back', {
          reason,
          messages,
        }),
    });
    this.#aedes = new OrderedAedes({
      persistence: this.#store,
      connectTimeout: config.connectTimeoutMs,
      keepaliveLimit: config.maxKeepaliveSeconds,
      maxTopicLevels: MAX_TOPIC_LEVELS,
      maxInflightInbound: MAX_INFLIGHT_INBOUND,
      admit: (client, packet) => this.#admit(client, packet),
      // `admit` decides, which need not close the connection to refuse.
      authorizePublish: (_client, _packet, done) => done(),
      authenticate: (client, user, password, done) => {
        const refusal = this.#refusal(client, user, password);
        if (refusal) {
          this.#incidents.report('login', 'a client was not let in', { clientId: client.id, error: refusal });
        }
        done(refusal ?? null, !refusal);
      },
      authorizeSubscribe: (client, subscription, done) => {
        const isOpen = !subscription.topic.startsWith('$');
        if (!isOpen)
          this.#incidents.report('read-forbidden', 'a subscription was refused', { clientId: client.id });
        // Whoever subscribes to one thing after another gets all retained messages of the first before any of the second.
        void this.#store.delivered(client).then(() => done(null, isOpen ? subscription : null));
      },
      authorizeForward: (client, packet) => {
        if (client.conn instanceof ClientConnection) client.conn.cutIfSlow();
        return this.#rules.mayRead(userOf(client), packet.topic) ? packet : null;
      },
    });
    this.#aedes.on('subscribe', (subscriptions, client) => this.#store.expectDelivery(client, subscriptions));
    this.#aedes.on('clientReady', (client) => this.#store.clientIsHere(client));
    this.#aedes.on('client', () => this.#countClients());
    this.#aedes.on('clientDisconnect', (client) => {
      this.#store.clientIsAway(client);
      this.#countClients();
    });
    for (const event of ['clientError', 'connectionError'] as const) {
      this.#aedes.on(event, (client, error) => this.#noticeError(client, error));
    }
    // aedes tells here of failures of its store, of which this one has none, and would end the node if nobody listened.
    this.#aedes.on(
      'error' as 'closed',
      ((error: unknown) => log.error('the broker failed', { error })) as () => void,
    );
    const take = (socket: Socket) => this.#take(socket);
    this.#server = tls ? createTlsServer({ ...tls }, take) : createServer({ noDelay: true }, take);
    this.#server.maxConnections = config.maxClients;
    this.#server.on('drop', () =>
      this.#incidents.report('connections-full', 'a connection was closed, as there are maxClients'),
    );
  }

  get url(): string {
    // A server that listens on a port has one, and no name of a pipe.
    const { address, port } = this.#server.address() as AddressInfo;
    return `${this.#options.tls ? 'mqtts' : 'mqtt'}://${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  get facts(): BrokerFacts {
    const { retainedMessages, retainedBytes, sessions } = this.#store;
    return {
      url: this.url,
      clients: this.#aedes.connectedClients,
      sessions,
      retainedMessages,
      retainedBytes,
      incidents: this.#incidents.totals,
    };
  }

  /** Takes no more connections, and closes those there are: MQTT 3.1.1 has no other word for the end. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const { host, port } = this.#options.config;
    try {
      this.#server.listen({ host, port });
      await once(this.#server, 'listening', { signal });
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      const finding = cause instanceof Error ? cause.message : String(cause);
      throw new BrokerError('BROKER_LISTEN_FAILED', { address: `${host}:${port}`, finding }, { cause });
    }
    // Such as too many open files: the connection is lost, the listener goes on.
    this.#server.on('error', (error) => this.#options.log.warn('a connection was not taken', { error }));
  }

  async #close(): Promise<void> {
    const isListening = this.#server.listening;
    const closed = isListening ? once(this.#server, 'close') : undefined;
    if (isListening) this.#server.close();
    await new Promise<void>((resolve) => this.#aedes.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.setKeepAlive(true, TCP_KEEPALIVE_MS);
    this.#aedes.handle(new ClientConnection(socket, this.#options.config));
  }

  #refusal(
    client: Client,
    user: string | undefined,
    password: Buffer | undefined,
  ): AuthenticateError | undefined {
    const { users } = this.#options;
    if (users.size > 0) {
      const known = user === undefined ? undefined : users.get(user);
      const isRight = timingSafeEqual(digestOf(password ?? ''), known ?? digestOf(''));
      if (!known || !isRight) return refuse(BAD_CREDENTIALS, 'its user name or password is wrong');
      // Whoever has the id of somebody else would end his connection and take over what waits for him.
      const owner = this.#store.ownerOf(client.id) ?? this.#connected(client.id);
      if (owner && owner.user !== user) return refuse(IDENTIFIER_REJECTED, 'its id belongs to another user');
    }
    if (user !== undefined) setUserOf(client, user);
    return undefined;
  }

  #connected(clientId: string): { readonly user: string | undefined } | undefined {
    const clients = Reflect.get(this.#aedes, 'clients') as Readonly<Record<string, Client>>;
    const client = clients[clientId];
    return client && { user: userOf(client) };
  }

  #admit(client: Client, packet: PublishPacket): boolean {
    const { topic, payload, retain } = packet;
    const { metrics } = this.#options;
    metrics?.count(messagesTotal, 1);
    if (!this.#rules.mayWrite(userOf(client), topic)) {
      this.#incidents.report('write-forbidden', 'a message was dropped that its sender may not write', {
        clientId: client.id,
      });
      return false;
    }
    if (!retain) return true;
    if (payload.length > 0 && !this.#store.hasRoomFor(topic, payload)) {
      this.#incidents.report('retained-full', 'a retained message was dropped, as there are too many', {
        clientId: client.id,
      });
      return false;
    }
    return true;
  }

  #countClients(): void {
    this.#options.metrics?.set(clientsGauge, this.#aedes.connectedClients);
  }

  #noticeError(client: Client, error: Error): void {
    if (!(error instanceof BrokerError) || error.code !== 'BROKER_CLIENT_CUT') return;
    this.#incidents.report('client-cut', 'a connection was cut', { clientId: client.id ?? undefined, error });
  }
}

function refuse(returnCode: number, finding: string): AuthenticateError {
  return Object.assign(new BrokerError('BROKER_LOGIN_REFUSED', { finding }), { returnCode });
}
