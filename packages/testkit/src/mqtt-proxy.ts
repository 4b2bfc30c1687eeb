import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type MqttFrame, MqttFrames, repeated } from './mqtt-frames.js';

export type { MqttFrame, MqttFrameType } from './mqtt-frames.js';

/**
 * What becomes of a packet: it passes, passes twice (the second time marked as a repetition), or is lost together with its
 * connection. On a connection that stands TCP loses and reorders nothing, so neither does this.
 */
export type MqttFault = 'pass' | 'twice' | 'lose';

export interface MqttProxyOptions {
  readonly targetPort: number;
  readonly disturb?: (frame: MqttFrame, direction: 'to-broker' | 'from-broker') => MqttFault;
}

/** Stands between clients and a broker on this machine, and does to them what networks do. */
export class MqttProxy implements AsyncDisposable {
  readonly #options: MqttProxyOptions;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #state: 'open' | 'silent' | 'cut' = 'open';

  static async open(options: MqttProxyOptions): Promise<MqttProxy> {
    const proxy = new MqttProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(options: MqttProxyOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => this.#take(socket));
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Ends every connection and takes none. */
  cut(): void {
    this.#state = 'cut';
    this.breakConnections();
  }

  /** Connections stand, new ones too, but nothing passes in either direction: whoever waits is not told. */
  silence(): void {
    this.#state = 'silent';
    for (const pair of this.#pairs) pair.setSilent(true);
  }

  /** All is well again; what was held back in silence is delivered. */
  mend(): void {
    this.#state = 'open';
    for (const pair of this.#pairs) pair.setSilent(false);
  }

  /** Ends every connection that stands now, and takes new ones as before. */
  breakConnections(): void {
    for (const pair of this.#pairs) pair.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  #take(client: Socket): void {
    if (this.#state === 'cut') {
      client.destroy();
      return;
    }
    const broker = connect({ host: '127.0.0.1', port: this.#options.targetPort, noDelay: true });
    const pair = new Pair(client, broker, this.#options, () => this.#pairs.delete(pair));
    this.#pairs.add(pair);
    pair.setSilent(this.#state === 'silent');
  }
}

/** A client's connection and the one to the broker that belongs to it. */
class Pair {
  readonly #client: Socket;
  readonly #broker: Socket;
  readonly #disturb: NonNullable<MqttProxyOptions['disturb']>;
  readonly #ended: () => void;

  constructor(
    client: Socket,
    broker: Socket,
    { disturb = () => 'pass' }: MqttProxyOptions,
    ended: () => void,
  ) {
    this.#client = client;
    this.#broker = broker;
    this.#disturb = disturb;
    this.#ended = ended;
    this.#carry(client, broker, 'to-broker');
    this.#carry(broker, client, 'from-broker');
  }

  setSilent(isSilent: boolean): void {
    for (const socket of [this.#client, this.#broker]) {
      if (isSilent) socket.pause();
      else socket.resume();
    }
  }

  end(): void {
    this.#client.destroy();
    this.#broker.destroy();
    this.#ended();
  }

  #carry(from: Socket, to: Socket, direction: 'to-broker' | 'from-broker'): void {
    const frames = new MqttFrames();
    from.on('data', (chunk: Buffer) => {
      for (const frame of frames.push(chunk)) {
        const fault = from.destroyed ? 'lose' : this.#disturb(frame, direction);
        if (fault === 'lose') {
          this.end();
          return;
        }
        to.write(frame.bytes);
        if (fault === 'twice') to.write(repeated(frame));
      }
    });
    from.on('error', () => this.end());
    from.on('close', () => this.end());
  }
}
