import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import { openDeadline, type PluginHealth, raceSignal } from '@tiercel/kernel';
import type makeMdns from 'multicast-dns';
import type { MulticastDNS, QueryOutgoingPacket, QueryPacket, ResponsePacket } from 'multicast-dns';
import { ADDRESS_CHECK_MS, REOPEN_PAUSE_MS, WITHDRAW_TIMEOUT_MS } from './limits.js';

export interface MdnsNetworkOptions {
  readonly library: typeof makeMdns;
  /** Empty: all networks. */
  readonly interface: string;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly health: PluginHealth;
}

export interface MdnsListener {
  /** `from` is the address of the sender. */
  onQuery?(query: QueryPacket): void;
  onResponse?(response: ResponsePacket, from: string): void;
  /** The network has come, or is lost; see `finding`. */
  onChange?(): void;
}

/**
 * The socket that speaks multicast DNS, shared by both sides of the plugin. It is opened again when it is lost. What is sent
 * from another network is not heard (RFC 6762, section 11).
 */
export class MdnsNetwork implements AsyncDisposable {
  readonly #options: MdnsNetworkOptions;
  readonly #listeners = new Set<MdnsListener>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #socket: MulticastDNS | undefined;
  #finding: string | undefined = 'the network is not open yet';
  #isTold = false;
  /** Messages that could not be read, or came from elsewhere. */
  #ignored = 0;
  #near: { readonly atMs: number; readonly networks: BlockList } | undefined;

  constructor(options: MdnsNetworkOptions) {
    this.#options = options;
    this.#running = this.#run(this.#stop.signal);
  }

  /** Why nobody can be heard now. */
  get finding(): string | undefined {
    return this.#finding;
  }

  get ignored(): number {
    return this.#ignored;
  }

  listen(listener: MdnsListener): void {
    this.#listeners.add(listener);
  }

  /** Settles when it is sent, or has failed: then there is a `finding`. */
  async query(packet: QueryOutgoingPacket): Promise<void> {
    await this.#send((socket, done) => socket.query(packet, done));
  }

  async respond(packet: Parameters<MulticastDNS['respond']>[0]): Promise<void> {
    await this.#send((socket, done) => socket.respond(packet, done));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Never rejects. */
  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let pauseMs: number = REOPEN_PAUSE_MS.first;
    while (!signal.aborted) {
      const error = await this.#serve(signal, () => {
        pauseMs = REOPEN_PAUSE_MS.first;
      });
      if (signal.aborted) return;
      this.#lose(`the socket failed (${codeOf(error)})`);
      await clock.delay(pauseMs, { signal }).catch(() => undefined);
      pauseMs = Math.min(2 * pauseMs, REOPEN_PAUSE_MS.longest);
    }
  }

  /** Settles with what ended it. */
  async #serve(signal: AbortSignal, onReady: () => void): Promise<unknown> {
    const { library, interface: address, port } = this.#options;
    const failed = new Promise<unknown>((resolve) => {
      // Everyone on this machine binds the port of multicast DNS, so to all addresses: one alone would not get what is sent to
      // the group.
      const socket = library({ port, bind: '0.0.0.0', ...(address !== '' && { interface: address }) });
      this.#socket = socket;
      socket.on('error', resolve);
      socket.on('warning', (error) => {
        this.#ignored++;
        this.#options.log.debug('a message of multicast DNS was not understood', { error });
      });
      socket.on('ready', () => {
        onReady();
        this.#regain();
      });
      socket.on('query', (query) => this.#tell((listener) => listener.onQuery?.(query)));
      socket.on('response', (response, { address: from }) => {
        if (this.#isNear(from)) this.#tell((listener) => listener.onResponse?.(response, from));
        else this.#ignored++;
      });
    });
    const error = await raceSignal(failed, signal).catch(() => undefined);
    const socket = this.#socket;
    this.#socket = undefined;
    // A socket that never opened may refuse to be closed.
    await new Promise<void>((resolve) => {
      try {
        if (socket) socket.destroy(resolve);
        else resolve();
      } catch {
        resolve();
      }
    });
    return error;
  }

  async #send(start: (socket: MulticastDNS, done: (error: Error | null) => void) => void): Promise<void> {
    const socket = this.#socket;
    if (!socket) return;
    using deadline = openDeadline(undefined, WITHDRAW_TIMEOUT_MS, () => new Error('sending takes too long'));
    const sent = new Promise<void>((resolve, reject) => {
      start(socket, (error) => (error ? reject(error) : resolve()));
    });
    try {
      await raceSignal(sent, deadline.signal);
      if (socket === this.#socket) this.#regain();
    } catch (error) {
      this.#lose(`nothing can be sent (${codeOf(error)})`);
    }
  }

  #regain(): void {
    if (this.#finding === undefined) return;
    if (this.#isTold) this.#options.log.info('multicast DNS works again');
    this.#isTold = false;
    this.#finding = undefined;
    this.#options.health.ready();
    this.#tell((listener) => listener.onChange?.());
  }

  #lose(finding: string): void {
    if (this.#stop.signal.aborted || this.#finding === finding) return;
    this.#finding = finding;
    this.#isTold = true;
    this.#options.log.warn('multicast DNS does not work', { finding });
    this.#options.health.degraded(`multicast DNS does not work: ${finding}`);
    this.#tell((listener) => listener.onChange?.());
  }

  #isNear(address: string): boolean {
    const nowMs = this.#options.clock.nowMs();
    if (!this.#near || nowMs - this.#near.atMs >= ADDRESS_CHECK_MS)
      this.#near = { atMs: nowMs, networks: localNetworks() };
    return this.#near.networks.check(address, 'ipv4');
  }

  #tell(call: (listener: MdnsListener) => void): void {
    for (const listener of [...this.#listeners]) call(listener);
  }
}

/** The IPv4 networks of this machine. */
function localNetworks(): BlockList {
  const networks = new BlockList();
  for (const { family, cidr } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
    const [base = '', bits] = (cidr ?? '').split('/');
    if (family === 'IPv4' && bits !== undefined) networks.addSubnet(base, Number(bits), 'ipv4');
  }
  return networks;
}

function codeOf(error: unknown): string {
  const { code, message } = Object(error) as { code?: string; message?: string };
  return code ?? message ?? 'it was closed';
}
