import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { type FileLink, findLink, newFileName } from './audit-folder.js';
import type { AuditRecord } from './audit-trail.js';
import { sealLine } from './sealed-line.js';

/** First line of every file. */
interface OpenRecord {
  readonly kind: 'open';
  /** The newest file of the folder when this one was begun, and its last line. */
  readonly continues?: FileLink | undefined;
}

/** One file of the log. Only the process that made it writes to it, so that nodes of one machine may share a folder. */
export class AuditFile {
  readonly #handle: FileHandle;
  readonly #epochMs: () => number;
  #sequence = 0;
  #hash = '';
  #bytes = 0;

  /** Makes a new file that continues the newest one. */
  static async create(folder: string, epochMs: () => number): Promise<AuditFile> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const continues = await findLink(folder);
    const file = path.join(folder, newFileName(epochMs(), continues));
    const handle = await open(file, 'ax', 0o600);
    const audit = new AuditFile(handle, epochMs);
    try {
      await audit.write([{ kind: 'open', continues }]);
      await syncFolder(folder);
      return audit;
    } catch (error) {
      await handle.close();
      // A full disk still takes names: without this, each call would leave an empty file.
      await rm(file, { force: true });
      throw error;
    }
  }

  private constructor(handle: FileHandle, epochMs: () => number) {
    this.#handle = handle;
    this.#epochMs = epochMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Settles when the operating system has them. After a failure the file must not be written to any more. */
  async write(records: readonly (AuditRecord | OpenRecord)[]): Promise<void> {
    const bytes = Buffer.from(records.map((record) => this.#seal(record)).join(''));
    await this.#handle.appendFile(bytes);
    this.#bytes += bytes.length;
  }

  /** Settles when the disk has it. `false` if the file was removed: then nobody will ever read it. */
  async sync(): Promise<boolean> {
    const { nlink } = await this.#handle.stat();
    if (nlink === 0) return false;
    await this.#handle.datasync();
    return true;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #seal(record: AuditRecord | OpenRecord): string {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const time = new Date(this.#epochMs()).toISOString();
    const { text, hash } = sealLine({ sequence, time, ...record, previous: this.#hash });
    this.#hash = hash;
    return `${text}\n`;
  }
}

/** A name is on disk when its folder is. Not every system can do that to a folder. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using handle = await open(folder);
  await handle.sync();
}
