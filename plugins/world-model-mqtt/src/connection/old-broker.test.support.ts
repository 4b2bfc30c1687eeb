import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** In front of a broker: refuses MQTT 5 as brokers do that speak 3.1.1 only, and passes everything else on. */
export class OldBroker implements AsyncDisposable {
  /** Versions that were asked for, in this order. */
  readonly versions: number[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async open(brokerPort: number): Promise<OldBroker> {
    const broker = new OldBroker(brokerPort);
    broker.#server.listen(0, '127.0.0.1');
    await once(broker.#server, 'listening');
    return broker;
  }

  private constructor(brokerPort: number) {
    this.#server = createServer((client) => {
      this.#keep(client);
      client.once('data', (first) => {
        // CONNECT: type, length (one or two bytes), "MQTT" with its length, version.
        const version = first[first.indexOf('MQTT') + 4] ?? 0;
        this.versions.push(version);
        if (version !== 4) {
          client.end(Buffer.from([0x20, 0x02, 0x00, 0x01]));
          return;
        }
        const upstream = connect(brokerPort, '127.0.0.1');
        this.#keep(upstream);
        upstream.write(first);
        client.pipe(upstream);
        upstream.pipe(client);
        client.once('close', () => upstream.destroy());
        upstream.once('close', () => client.destroy());
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #keep(socket: Socket): void {
    socket.on('error', () => undefined);
    this.#sockets.add(socket);
  }
}
