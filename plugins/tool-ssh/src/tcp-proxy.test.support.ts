import { connect, createServer, type Server, type Socket } from 'node:net';

/** A wire that can go wrong: everything passes through it until the test says otherwise. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #pairs = new Set<{ readonly client: Socket; readonly upstream: Socket }>();
  #isBlackHole = false;
  #bytesLeft = Infinity;

  static async open(port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private constructor(port: number) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      const upstream = connect({ port, host: '127.0.0.1' });
      const pair = { client, upstream };
      this.#pairs.add(pair);
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        const other = socket === client ? upstream : client;
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.#sockets.delete(socket);
          this.#pairs.delete(pair);
          if (!this.#isBlackHole) other.destroy();
        });
      }
      client.on('data', (chunk) => {
        if (!this.#isBlackHole) upstream.write(chunk);
      });
      upstream.on('data', (chunk) => {
        if (this.#isBlackHole) return;
        this.#bytesLeft -= chunk.length;
        if (this.#bytesLeft < 0) this.cut();
        else client.write(chunk);
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Nothing passes any more, and nobody is told. */
  swallow(): void {
    this.#isBlackHole = true;
  }

  /** Ends all connections at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends all connections after so many more bytes from the server. */
  cutAfter(bytes: number): void {
    this.#bytesLeft = bytes;
  }

  /** Says to the clients that nothing more comes, and goes on listening. */
  endHalf(): void {
    this.#isBlackHole = true;
    for (const { client } of this.#pairs) client.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
