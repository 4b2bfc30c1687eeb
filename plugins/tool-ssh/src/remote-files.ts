import { once } from 'node:events';
import type { SFTPWrapper, Stats } from 'ssh2';

const CHUNK_BYTES = 128 * 1024;
/** Requests on the way at once: enough to keep a slow line busy, at 1 MiB of memory. */
const AHEAD = 8;

/** Status codes of the protocol, in words. What the host writes beside them is left out. */
const findings: Readonly<Record<number, string>> = {
  2: 'there is no such file or folder',
  3: 'permission is denied',
  4: 'the host could not do it',
  8: 'the host does not support it',
};

/** Files of a host, over one session. */
export class RemoteFiles {
  readonly #sftp: SFTPWrapper;
  readonly #lost: AbortSignal;

  /** @param lost of the connection */
  constructor(sftp: SFTPWrapper, lost: AbortSignal) {
    this.#sftp = sftp;
    this.#lost = lost;
    // Each request is told by itself.
    sftp.on('error', () => undefined);
  }

  /** The path without links. */
  realpath(file: string): Promise<string> {
    return this.#ask((done) => this.#sftp.realpath(file, done));
  }

  stat(file: string): Promise<Stats> {
    return this.#ask((done) => this.#sftp.stat(file, done));
  }

  /** Whether something of this name is there, be it a link that leads nowhere. */
  async exists(file: string): Promise<boolean> {
    try {
      await this.#ask<Stats>((done) => this.#sftp.lstat(file, done));
      return true;
    } catch (error) {
      if (codeOf(error) === 2) return false;
      throw error;
    }
  }

  /** `wx` makes a new file, and fails if there is one. */
  open(file: string, mode: 'r' | 'wx'): Promise<Buffer> {
    return this.#ask((done) => this.#sftp.open(file, mode, done));
  }

  statOpen(handle: Buffer): Promise<Stats> {
    return this.#ask((done) => this.#sftp.fstat(handle, done));
  }

  close(handle: Buffer): Promise<void> {
    return this.#ask((done) => this.#sftp.close(handle, done));
  }

  /** Fails if there is a file of the new name. */
  rename(from: string, to: string): Promise<void> {
    return this.#ask((done) => this.#sftp.rename(from, to, done));
  }

  replace(from: string, to: string): Promise<void> {
    return this.#ask((done) => this.#sftp.ext_openssh_rename(from, to, done));
  }

  remove(file: string): Promise<void> {
    return this.#ask((done) => this.#sftp.unlink(file, done));
  }

  /**
   * The file from its beginning to its end, which may have moved since `size` was read.
   * Leaving early leaves a few requests behind that nobody waits for.
   */
  async *read(handle: Buffer, size: number): AsyncGenerator<Buffer, void, undefined> {
    const ahead: Promise<Buffer>[] = [];
    let position = 0;
    const ask = () => {
      const chunk = this.#readChunk(handle, position);
      chunk.catch(() => undefined);
      ahead.push(chunk);
      position += CHUNK_BYTES;
    };
    do ask();
    while (ahead.length < AHEAD && position <= size);
    for (let next = ahead.shift(); next; next = ahead.shift()) {
      const chunk = await next;
      if (chunk.length > 0) yield chunk;
      if (chunk.length < CHUNK_BYTES) return;
      ask();
    }
  }

  async write(handle: Buffer, chunks: AsyncIterable<Buffer>): Promise<number> {
    const ahead: Promise<void>[] = [];
    let position = 0;
    for await (const chunk of chunks) {
      const at = position;
      const written = this.#ask<void>((done) => this.#sftp.write(handle, chunk, 0, chunk.length, at, done));
      written.catch(() => undefined);
      ahead.push(written);
      position += chunk.length;
      if (ahead.length >= AHEAD) await ahead.shift();
    }
    await Promise.all(ahead);
    return position;
  }

  /** Ends the session. Settles when the host has let go of it. */
  async end(): Promise<void> {
    if (this.#lost.aborted) return;
    const closed = once(this.#sftp, 'close', { signal: this.#lost }).catch(() => undefined);
    this.#sftp.end();
    await closed;
  }

  /** A whole chunk, or less at the end of the file. */
  async #readChunk(handle: Buffer, position: number): Promise<Buffer> {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let filled = 0;
    while (filled < CHUNK_BYTES) {
      const count = await this.#ask<number>((done) =>
        this.#sftp.read(handle, chunk, filled, CHUNK_BYTES - filled, position + filled, done),
      );
      if (count === 0) break;
      filled += count;
    }
    return chunk.subarray(0, filled);
  }

  #ask<T>(start: (done: (error: Error | null | undefined, answer?: T) => void) => void): Promise<T> {
    this.#lost.throwIfAborted();
    return new Promise<T>((resolve, reject) => {
      start((error, answer) => {
        // Requests without an answer settle with nothing, which is what their callers ask for.
        if (!error) resolve(answer as T);
        else reject(this.#lost.aborted ? this.#lost.reason : error);
      });
    });
  }
}

/** What a failed request means, in words. */
export function fileFinding(error: unknown): string {
  const code = codeOf(error);
  if (typeof code === 'number') return findings[code] ?? `the host answered with status ${code}`;
  // Without a code it is the SSH library that speaks.
  return typeof code === 'string' ? `a local file fails with ${code}` : (error as Error).message;
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | undefined)?.code;
}
