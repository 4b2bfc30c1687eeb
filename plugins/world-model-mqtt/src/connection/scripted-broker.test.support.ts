import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

const CONNECT = 1;
const SUBSCRIBE = 8;

/** Bytes with which a broker that speaks MQTT 5 answers. */
export interface Script {
  /** After the connection is accepted. */
  readonly greeting?: readonly number[];
  /** Code for the one filter of a subscription. */
  readonly subscription?: number;
}

/** A broker that accepts everybody, and then does what real ones do seldom. */
export class ScriptedBroker implements AsyncDisposable {
  /** Connections so far. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async open(script: Script): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(script);
    broker.#server.listen(0, '127.0.0.1');
    await once(broker.#server, 'listening');
    return broker;
  }

  private constructor({ greeting = [], subscription = 1 }: Script) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (packet) => {
        const type = (packet[0] ?? 0) >> 4;
        if (type === CONNECT) {
          this.connections += 1;
          socket.write(Buffer.from([0x20, 3, 0, 0, 0, ...greeting]));
        } else if (type === SUBSCRIBE) {
          socket.write(Buffer.from([0x90, 4, packet[2] ?? 0, packet[3] ?? 0, 0, subscription]));
        }
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Ends all connections, as a broker does after its goodbye. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
