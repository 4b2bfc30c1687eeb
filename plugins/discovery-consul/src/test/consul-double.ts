import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One instance of a service, as a test puts it there. */
export interface Instance {
  readonly id: string;
  readonly port: number;
  /** Of the service. Empty: that of its agent, 10.0.0.1. */
  readonly address?: string;
  readonly weight?: number;
  readonly tags?: readonly string[];
  readonly meta?: Readonly<Record<string, string>>;
}

/** What happens to a query instead of its answer. */
export type Fault =
  | { readonly does: 'answer'; readonly status: number; readonly text?: string }
  /** Never answers; nor does it close. */
  | { readonly does: 'hang' }
  | { readonly does: 'drop' }
  /** Sends the head and half of the body, and closes. */
  | { readonly does: 'break-off' }
  /** Answers with another `X-Consul-Index`; `undefined` leaves it out. */
  | { readonly does: 'index'; readonly index: string | undefined };

export interface Query {
  readonly method: string;
  readonly path: string;
  readonly index: number;
  readonly wait: string | undefined;
  readonly token: string | undefined;
  readonly body: unknown;
}

export interface ConsulDoubleOptions {
  /** Needed from everybody. */
  readonly token?: string;
  /** 0 takes any free one. */
  readonly port?: number;
}

interface Registered extends Instance {
  readonly check: { readonly http: string | undefined; isPassing: boolean };
}

/** What the plugin sends to register a service. */
export interface RegisterBody {
  readonly ID: string;
  readonly Name: string;
  readonly Port: number;
  readonly Address?: string;
  readonly Tags?: readonly string[];
  readonly Meta?: Readonly<Record<string, string>>;
  readonly Check?: {
    readonly HTTP?: string;
    readonly TCP?: string;
    readonly Interval: string;
    readonly Timeout: string;
    readonly DeregisterCriticalServiceAfter: string;
  };
}

/** A query that waits for the index to grow. */
interface Blocked {
  readonly service: string;
  readonly answer: () => void;
}

const CHECK_PAUSE_MS = 20;

/**
 * Behaves like the HTTP interface of a Consul agent where the plugin touches it: blocking queries with an index for each
 * change of a service, an agent that registers and checks over HTTP, tokens. Whatever can go wrong is at a test's command.
 */
export class ConsulDouble implements AsyncDisposable {
  /** Every query that came, oldest first. */
  readonly queries: Query[] = [];
  readonly #server: Server;
  readonly #options: ConsulDoubleOptions;
  readonly #services = new Map<string, readonly Instance[]>();
  readonly #registered = new Map<string, Registered & { readonly service: string }>();
  readonly #indexes = new Map<string, number>();
  readonly #blocked = new Set<Blocked>();
  readonly #faults: Fault[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #checks = new AbortController();
  #index = 10;
  #isDown: Fault | undefined;

  static async open(options: ConsulDoubleOptions = {}): Promise<ConsulDouble> {
    const double = new ConsulDouble(options);
    await new Promise<void>((resolve, reject) => {
      double.#server.once('error', reject);
      double.#server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return double;
  }

  private constructor(options: ConsulDoubleOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response).catch(() => response.destroy());
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Ids of what registered itself, and was not taken away. */
  get registered(): readonly string[] {
    return [...this.#registered.keys()];
  }

  /** How many queries wait for a change of `service`. */
  blockedOn(service: string): number {
    return [...this.#blocked].filter((blocked) => blocked.service === service).length;
  }

  /** From now on these instances pass their checks. */
  set(service: string, instances: readonly Instance[]): void {
    this.#services.set(service, instances);
    this.#change(service);
  }

  /** The index grows though the set is the same. */
  touch(service: string): void {
    this.#change(service);
  }

  /** The time of every waiting query is over: they are answered though nothing changed. */
  endWaits(): void {
    for (const { answer } of [...this.#blocked]) answer();
  }

  /** As after a restored snapshot: all indexes are `index` from now on, and waiting queries are answered. */
  resetIndex(index: number): void {
    this.#index = index;
    this.#indexes.clear();
    this.endWaits();
  }

  /** As an agent that lost its state. */
  forgetRegistrations(): void {
    const services = new Set([...this.#registered.values()].map(({ service }) => service));
    this.#registered.clear();
    for (const service of services) this.#change(service);
  }

  /** What happens to the next queries, one each. */
  fail(...faults: readonly Fault[]): void {
    this.#faults.push(...faults);
  }

  /** Forgets the faults that nobody met. */
  calm(): void {
    this.#faults.length = 0;
  }

  /** What happens to every query, also to those that wait, until `comeBack`. */
  goDown(fault: Fault = { does: 'drop' }): void {
    this.#isDown = fault;
    this.endWaits();
  }

  comeBack(): void {
    this.#isDown = undefined;
  }

  /** Settles when `isTrue`; looks at each query, at each that begins to wait, and at each change. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      await new Promise<void>((resolve) => {
        const listener = () => {
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#checks.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://consul');
    const token = request.headers['x-consul-token'];
    const query: Query = {
      method: request.method ?? '',
      path: url.pathname,
      index: Number(url.searchParams.get('index') ?? 0),
      wait: url.searchParams.get('wait') ?? undefined,
      token: typeof token === 'string' ? token : undefined,
      body: await bodyOf(request),
    };
    this.queries.push(query);
    this.#tell();
    const fault = this.#isDown ?? this.#faults.shift();
    if (fault && fault.does !== 'index') return this.#misbehave(response, fault);
    if (this.#options.token !== undefined && token !== this.#options.token) {
      return end(response, 403, 'Permission denied');
    }
    if (query.path.startsWith('/v1/agent/service/')) {
      const { status, text } = this.#callAgent(query);
      return end(response, status, text);
    }
    const service = /^\/v1\/health\/service\/([^/]+)$/.exec(query.path)?.[1];
    if (service === undefined || query.method !== 'GET') return end(response, 404, 'not found');
    if (query.index > 0 && query.index >= this.#indexOf(service)) await this.#untilChanged(service, request);
    if (response.destroyed) return;
    if (this.#isDown) return this.#misbehave(response, this.#isDown);
    const index = fault ? fault.index : String(this.#indexOf(service));
    end(response, 200, this.#entriesOf(service), index === undefined ? {} : { 'x-consul-index': index });
  }

  #misbehave(response: ServerResponse, fault: Fault): void {
    if (fault.does === 'answer') end(response, fault.status, fault.text ?? '');
    if (fault.does === 'drop') response.destroy();
    if (fault.does === 'break-off') {
      response.writeHead(200, { 'content-length': '1000', 'x-consul-index': '99' });
      response.write('[{"Service":', () => response.destroy());
    }
  }

  #callAgent({ method, path, body }: Query): { readonly status: number; readonly text: string } {
    if (method !== 'PUT') return { status: 405, text: 'method not allowed' };
    if (path === '/v1/agent/service/register') {
      this.#register(body as RegisterBody);
      return { status: 200, text: '' };
    }
    const id = decodeURIComponent(/^\/v1\/agent\/service\/deregister\/([^/]+)$/.exec(path)?.[1] ?? '');
    const gone = this.#registered.get(id);
    if (!gone) return { status: 404, text: `Unknown service ID "${id}"` };
    this.#registered.delete(id);
    this.#change(gone.service);
    return { status: 200, text: '' };
  }

  /** The same registration again keeps what its check has found. */
  #register({ ID, Name, Port, Address = '', Tags = [], Meta = {}, Check }: RegisterBody): void {
    const http = Check?.HTTP;
    const earlier = this.#registered.get(ID);
    const check = { http, isPassing: earlier?.check.isPassing ?? http === undefined };
    this.#registered.set(ID, {
      service: Name,
      id: ID,
      port: Port,
      address: Address,
      tags: Tags,
      meta: Meta,
      check,
    });
    if (earlier) return;
    this.#change(Name);
    if (http !== undefined) void this.#keepChecking(ID, http);
  }

  /** As the agent does every 10 s, only sooner. */
  async #keepChecking(id: string, url: string): Promise<void> {
    const { signal } = this.#checks;
    while (!signal.aborted && this.#registered.get(id)?.check.http === url) {
      const isPassing = await fetch(url, { signal }).then(
        ({ ok }) => ok,
        () => false,
      );
      const known = this.#registered.get(id);
      if (known && known.check.isPassing !== isPassing) {
        known.check.isPassing = isPassing;
        this.#change(known.service);
      }
      await new Promise((resolve) => {
        setTimeout(resolve, CHECK_PAUSE_MS).unref();
      });
    }
  }

  #entriesOf(service: string): string {
    const registered = [...this.#registered.values()].filter(
      (each) => each.service === service && each.check.isPassing,
    );
    const instances: readonly Instance[] = [...(this.#services.get(service) ?? []), ...registered];
    const entries = instances.map(({ id, port, address = '', weight = 1, tags = [], meta = {} }) => ({
      Node: { ID: 'f0e1', Node: 'agent-1', Address: '10.0.0.1' },
      Service: {
        ID: id,
        Service: service,
        Address: address,
        Port: port,
        Tags: tags,
        Meta: meta,
        Weights: { Passing: weight, Warning: 1 },
      },
      Checks: [],
    }));
    return JSON.stringify(entries);
  }

  #indexOf(service: string): number {
    return this.#indexes.get(service) ?? this.#index;
  }

  #change(service: string): void {
    this.#index++;
    this.#indexes.set(service, this.#index);
    for (const blocked of [...this.#blocked]) if (blocked.service === service) blocked.answer();
    this.#tell();
  }

  #untilChanged(service: string, request: IncomingMessage): Promise<void> {
    return new Promise((resolve) => {
      const blocked = {
        service,
        answer: () => {
          this.#blocked.delete(blocked);
          request.socket.off('close', blocked.answer);
          resolve();
        },
      };
      this.#blocked.add(blocked);
      request.socket.once('close', blocked.answer);
      this.#tell();
    });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function end(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(text);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part as Uint8Array);
  const text = Buffer.concat(parts).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}
