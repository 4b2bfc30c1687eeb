import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { LineSplitter } from './line-splitter.js';
import type { ServerProcess } from './server-process.js';

/** A server that writes so much that is no message is broken, or never was a server. */
const MAX_GARBAGE_BYTES = 16 * 1024 * 1024;

export interface ChildTransportOptions {
  readonly maxMessageBytes: number;
  /** Reads one message; throws if it is none. */
  readonly parse: (line: string) => JSONRPCMessage;
  /** A message was too large and has been dropped: whoever waits for it waits in vain. */
  readonly onTooLarge: () => void;
}

/**
 * Messages to and from a server, one per line. What is no message is counted and dropped, as many programs greet on their
 * output; one that writes nothing else is ended.
 */
export class ChildTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport['onmessage'];
  // The SDK takes a transport with these two for one over pipes, where silence means an older server.
  readonly pid: number | undefined;
  readonly stderr = null;
  readonly #process: ServerProcess;
  readonly #options: ChildTransportOptions;
  readonly #lines: LineSplitter;
  #garbageLines = 0;
  #garbageBytes = 0;

  constructor(process: ServerProcess, options: ChildTransportOptions) {
    this.#process = process;
    this.#options = options;
    this.#lines = new LineSplitter(options.maxMessageBytes);
    this.pid = process.pid;
  }

  /** Lines that were no message. */
  get garbageLines(): number {
    return this.#garbageLines;
  }

  async start(): Promise<void> {
    this.#process.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    void this.#process.whenGone.then(() => this.onclose?.());
  }

  /** What the server does not read yet waits in memory; how much that can be is bounded by the number of calls. */
  async send(message: JSONRPCMessage): Promise<void> {
    this.#process.stdin.write(`${JSON.stringify(message)}\n`);
  }

  async close(): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }

  #read(chunk: Buffer): void {
    this.#garbageBytes += chunk.length;
    for (const line of this.#lines.push(chunk)) {
      if (line.type === 'line-too-long') this.#options.onTooLarge();
      else this.#readLine(line.text);
    }
    if (this.#garbageBytes > MAX_GARBAGE_BYTES + this.#options.maxMessageBytes)
      this.#process.kill('it wrote far too much that is no message');
  }

  #readLine(text: string): void {
    if (text.trim() === '') return;
    let message: JSONRPCMessage;
    try {
      message = this.#options.parse(text);
    } catch {
      this.#garbageLines += 1;
      return;
    }
    this.#garbageBytes = 0;
    this.onmessage?.(message);
  }
}
