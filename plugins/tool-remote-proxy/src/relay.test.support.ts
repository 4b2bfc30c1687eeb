import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Relay extends AsyncDisposable {
  readonly url: string;
  /** Takes everything from now on, and gives nothing on. */
  swallow(): void;
  /** Cuts the connection instead of giving on the next bytes that come back. */
  cutNextAnswer(): void;
}

/** Gives bytes on to another port of this machine and back, as long as the test likes it. */
export async function startRelay(to: number, port = 0): Promise<Relay> {
  let mode: 'give' | 'swallow' | 'cut' = 'give';
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    near.on('data', (bytes) => {
      if (mode !== 'swallow') far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (mode === 'give') near.write(bytes);
      if (mode !== 'cut') return;
      mode = 'give';
      near.destroy();
      far.destroy();
    });
    near.on('end', () => far.end());
    far.on('end', () => near.end());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}`,
    swallow: () => {
      mode = 'swallow';
    },
    cutNextAnswer: () => {
      mode = 'cut';
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
