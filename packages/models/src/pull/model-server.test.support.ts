import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface SeenRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

/** A file server on this machine that behaves, until a test tells it how to answer the next requests. */
export class ModelServer implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly #server: Server;
  readonly #answers: Answer[] = [];
  readonly #files = new Map<string, { bytes: Buffer; etag: string | undefined }>();

  private constructor() {
    this.#server = createServer((request, response) => {
      const { url = '/', headers } = request;
      this.requests.push({ path: url, range: headers.range, ifRange: headers['if-range']?.toString() });
      const answer = this.#answers.shift() ?? this.serve;
      answer(request, response);
    });
  }

  static async open(): Promise<ModelServer> {
    const server = new ModelServer();
    await new Promise<void>((resolve) => {
      server.#server.listen(0, '127.0.0.1', resolve);
    });
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Puts a file there. Its ETag follows from its bytes, unless one is given. */
  put(
    path: string,
    bytes: Buffer,
    options: { readonly etag?: string | undefined } = { etag: etagOf(bytes) },
  ): void {
    this.#files.set(path, { bytes, etag: options.etag });
  }

  /** How to answer the next requests, one each; after them the server behaves again. */
  next(...answers: readonly Answer[]): void {
    this.#answers.push(...answers);
  }

  /** The well-behaved answer: Range, If-Range and ETag as they should be. */
  readonly serve: Answer = (request, response) => {
    const file = this.#files.get(request.url ?? '/');
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    const { bytes, etag } = file;
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const ifRange = request.headers['if-range'];
    const common = etag === undefined ? {} : { etag };
    if (request.headers.range === undefined || (ifRange !== undefined && ifRange !== etag)) {
      response.writeHead(200, { ...common, 'content-length': bytes.length }).end(bytes);
    } else if (start >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    } else {
      const part = bytes.subarray(start);
      const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
      response.writeHead(206, { ...common, 'content-length': part.length, 'content-range': range }).end(part);
    }
  };

  /** Breaks every connection. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

export function etagOf(bytes: Buffer): string {
  return `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`;
}

/** Sends the first bytes of what was asked for of `bytes`, then holds the rest back until `ModelServer.cut`. */
export function holdAfter(count: number, bytes: Buffer): Answer {
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = { etag: etagOf(bytes), 'content-length': bytes.length - start };
    const range = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(start > 0 ? 206 : 200, start > 0 ? { ...headers, ...range } : headers);
    response.write(bytes.subarray(start, start + count));
  };
}

/** A complete answer with any status, headers and body. */
export function answerWith(
  status: number,
  headers: Record<string, string | number>,
  body: Buffer | string = '',
): Answer {
  return (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
}
