import { access, constants, mkdir } from 'node:fs/promises';
import { AuditError } from '../errors.js';
import { AuditFile } from './audit-file.js';
import { removeOldFiles } from './audit-folder.js';
import type { AuditRecord, AuditTrail } from './audit-trail.js';

const MAX_WAITING = 1_024;
const BEHIND = 128;
const DEFAULT_FILE_BYTES = 16 * 1_048_576;

export interface FileAuditTrailOptions {
  readonly folder: string;
  /** Wall clock. */
  readonly epochMs: () => number;
  /** Told when the log can no longer be written, and again with `undefined` when it can. */
  readonly onState?: (failure: Error | undefined) => void;
  /** A file that is longer is followed by a new one. Default 16 MiB. */
  readonly fileBytes?: number;
}

interface WaitingRecord {
  readonly record: AuditRecord;
  readonly isDurable: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Keeps records in files of a folder, a JSON line each, chained by hashes. What comes while the disk is busy is written at once
 * afterwards. At most 1,024 records wait; more are refused. After a failure each further record tries again, with a new file.
 */
export class FileAuditTrail implements AuditTrail, AsyncDisposable {
  readonly #options: FileAuditTrailOptions;
  #file: AuditFile | undefined;
  #queue: WaitingRecord[] = [];
  #writing: Promise<void> | undefined;
  #waiting = 0;
  #isClosed = false;
  #hasFailed = false;

  constructor(options: FileAuditTrailOptions) {
    this.#options = options;
  }

  get isBehind(): boolean {
    return this.#waiting > BEHIND;
  }

  append(record: AuditRecord, options: { readonly isDurable?: boolean } = {}): Promise<void> {
    const { folder } = this.#options;
    if (this.#isClosed) return Promise.reject(new AuditError('AUDIT_CLOSED', { folder }));
    if (this.#waiting >= MAX_WAITING) {
      const error = new AuditError('AUDIT_QUEUE_FULL', { folder, waiting: this.#waiting });
      this.#tell(error);
      return Promise.reject(error);
    }
    this.#waiting += 1;
    const { isDurable = false } = options;
    return new Promise((resolve, reject) => {
      this.#queue.push({ record, isDurable, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** Makes the folder and tells when it cannot be written, before the first call finds out. */
  async probe(): Promise<void> {
    const { folder } = this.#options;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await access(folder, constants.W_OK);
    } catch (error) {
      this.#tell(this.#unwritable(error));
    }
  }

  /** Writes what still waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #writeAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      const failure = await this.#write(batch);
      this.#waiting -= batch.length;
      for (const { resolve, reject } of batch) failure ? reject(failure) : resolve();
    }
    // In the same step as the last look at the queue, so that no record falls in between.
    this.#writing = undefined;
  }

  /** @returns why it failed, if it did */
  async #write(batch: readonly WaitingRecord[]): Promise<Error | undefined> {
    try {
      const file = await this.#openFile();
      await file.write(batch.map(({ record }) => record));
      if (batch.some(({ isDurable }) => isDurable) && !(await file.sync())) {
        throw new AuditError('AUDIT_UNWRITABLE', {
          folder: this.#options.folder,
          finding: 'its file was removed',
        });
      }
      this.#tell(undefined);
      return undefined;
    } catch (error) {
      await this.#leaveFile();
      const failure = error instanceof AuditError ? error : this.#unwritable(error);
      this.#tell(failure);
      return failure;
    }
  }

  async #openFile(): Promise<AuditFile> {
    const { folder, epochMs, fileBytes = DEFAULT_FILE_BYTES } = this.#options;
    if (this.#file && this.#file.bytes < fileBytes) return this.#file;
    await this.#leaveFile();
    this.#file = await AuditFile.create(folder, epochMs);
    // That old files stay is no reason not to run a tool.
    await removeOldFiles(folder, epochMs()).catch(() => undefined);
    return this.#file;
  }

  async #leaveFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    // After a failed write, closing may fail for the same reason, which is told already.
    await file?.close().catch(() => undefined);
  }

  #unwritable(cause: unknown): Error {
    const code: unknown = Reflect.get(Object(cause), 'code');
    const finding = typeof code === 'string' ? code : 'an unexpected error';
    return new AuditError('AUDIT_UNWRITABLE', { folder: this.#options.folder, finding }, { cause });
  }

  #tell(failure: Error | undefined): void {
    if (this.#hasFailed === (failure !== undefined)) return;
    this.#hasFailed = failure !== undefined;
    this.#options.onState?.(failure);
  }
}
