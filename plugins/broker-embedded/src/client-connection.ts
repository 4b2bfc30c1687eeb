import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { BrokerError } from './errors.js';
import { PacketFrames } from './packet-frames.js';

export interface ClientConnectionOptions {
  readonly maxPacketBytes: number;
  /** What may pile up unread before the connection is cut. */
  readonly queueBytes: number;
}

/** What is written on top of this waits, where whoever writes can wait. */
const ROOM_BYTES = 65_536;

/**
 * Stands between a socket and aedes, and bounds both directions: a packet that is too long is cut before any of it is
 * collected, and a client that does not read is cut when too much has piled up.
 */
export class ClientConnection extends Duplex {
  readonly #socket: Socket;
  readonly #frames: PacketFrames;
  readonly #queueBytes: number;

  constructor(socket: Socket, { maxPacketBytes, queueBytes }: ClientConnectionOptions) {
    super({ writableHighWaterMark: ROOM_BYTES, allowHalfOpen: false });
    this.#socket = socket;
    this.#frames = new PacketFrames(maxPacketBytes);
    this.#queueBytes = queueBytes;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /**
   * Never asks to wait: aedes would hold up the message for everybody until this one client has read. `hasRoom` and `cutIfSlow`
   * are what bounds it.
   */
  override write(...args: readonly unknown[]): boolean {
    Reflect.apply(super.write, this, args);
    return true;
  }

  /** Settles when little waits to be read, or nobody will read any more. */
  async room(): Promise<void> {
    if (this.destroyed || this.writableLength < ROOM_BYTES) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.off('drain', done);
        this.off('close', done);
        resolve();
      };
      this.on('drain', done);
      this.on('close', done);
    });
  }

  cutIfSlow(): void {
    if (this.writableLength > this.#queueBytes) this.cut('reads-too-slowly', this.#queueBytes);
  }

  cut(cause: 'packet-too-large' | 'packet-malformed' | 'reads-too-slowly', limitBytes: number): void {
    this.destroy(new BrokerError('BROKER_CLIENT_CUT', { cause, limitBytes }));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _writev(
    chunks: readonly { readonly chunk: Uint8Array }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #take(chunk: Buffer): void {
    const finding = this.#frames.check(chunk);
    if (finding) this.cut(finding, this.#frames.maxPacketBytes);
    else if (!this.push(chunk)) this.#socket.pause();
  }
}
