import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SshError } from './errors.js';
import { entriesFor, type KnownHost, keyTypeOf, knownName, parseKnownHosts } from './known-hosts.js';

const MAX_BYTES = 4 * 1024 * 1024;
const LOCK_TIMEOUT_MS = 2_000;
const LOCK_RETRY_MS = 20;

/** A known hosts file. Read anew for each connection, so that what the operator changes counts at once. */
export class KnownHostsFile {
  readonly path: string;

  constructor(file: string) {
    this.path = file;
  }

  /** Entries for one host. A file that is not there knows nobody; one that cannot be read is an error. */
  async entriesFor(address: string, port: number): Promise<readonly KnownHost[]> {
    return entriesFor(parseKnownHosts(await this.#read()), address, port);
  }

  /**
   * Adds the key of a host that is still unknown, and says whether it did. Two programs that meet the same new host at once
   * are put in order by a lock file.
   */
  async add(address: string, port: number, key: Buffer, signal: AbortSignal): Promise<boolean> {
    await mkdir(path.dirname(this.path), { recursive: true, mode: 0o700 });
    const lock = await this.#lock(signal);
    try {
      const text = await this.#read();
      if (entriesFor(parseKnownHosts(text), address, port).length > 0) return false;
      const line = `${knownName(address, port)} ${keyTypeOf(key)} ${key.toString('base64')}\n`;
      await using file = await open(this.path, 'a', 0o600);
      await file.appendFile(text === '' || text.endsWith('\n') ? line : `\n${line}`);
      await file.sync();
      return true;
    } finally {
      await lock.release();
    }
  }

  async #read(): Promise<string> {
    try {
      const stats = await stat(this.path);
      if (!stats.isFile()) throw this.#unreadable('it is not a plain file');
      if (stats.size > MAX_BYTES) throw this.#unreadable(`it is larger than ${MAX_BYTES} bytes`);
      return await readFile(this.path, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return '';
      if (error instanceof SshError) throw error;
      throw this.#unreadable(`reading it fails with ${code}`, error);
    }
  }

  #unreadable(finding: string, cause?: unknown): Error {
    return new SshError('SSH_KNOWN_HOSTS_UNREADABLE', { file: this.path, finding }, { cause });
  }

  async #lock(signal: AbortSignal): Promise<{ release(): Promise<void> }> {
    const file = `${this.path}.lock`;
    const startMs = performance.now();
    while (performance.now() - startMs < LOCK_TIMEOUT_MS) {
      try {
        await (await open(file, 'wx', 0o600)).close();
        return { release: () => rm(file, { force: true }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
          throw this.#unreadable(`its lock cannot be made (${(error as NodeJS.ErrnoException).code})`, error);
      }
      await delay(LOCK_RETRY_MS, undefined, { signal });
    }
    throw new SshError('SSH_KNOWN_HOSTS_LOCKED', { file: this.path, waitedMs: LOCK_TIMEOUT_MS });
  }
}
