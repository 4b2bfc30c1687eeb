import { type ChildController, childController } from '@tiercel/kernel';
import type { CatalogueFile } from '../catalogue/catalogue-entry.js';
import { ModelError } from '../errors.js';
import { errorCode } from '../system-error.js';
import { hashFile } from '../verify/hash-file.js';
import type { UrlRules } from './allowed-url.js';
import {
  type DownloadDeadlines,
  type DownloadResponse,
  networkError,
  openDownload,
} from './open-download.js';
import { PartialFile, type RemoteState } from './partial-file.js';
import { StallWatch } from './stall-watch.js';

export interface DownloadSettings extends UrlRules {
  readonly deadlines: DownloadDeadlines;
  /** Tries in a row that may pass without progress. */
  readonly maxAttempts: number;
  readonly delay: (ms: number, options: { readonly signal: AbortSignal | undefined }) => Promise<unknown>;
}

export interface DownloadTask {
  readonly model: string;
  readonly file: CatalogueFile & { readonly url: string };
  readonly target: string;
  readonly signal?: AbortSignal | undefined;
  /** How many bytes of the file are here; fewer than before after a restart. */
  readonly onReceived?: ((receivedBytes: number) => void) | undefined;
}

// Less than this is no progress: it would let a broken server keep us for ever.
const PROGRESS_BYTES = 1_048_576;
const MAX_WAIT_MS = 10_000;

/**
 * Brings one file here: goes on with what an earlier run has left, tries again after a break, accepts only what has the
 * catalogue's size and sha256, and puts it in place in one step.
 */
export async function downloadFile(task: DownloadTask, settings: DownloadSettings): Promise<void> {
  const partial = await PartialFile.open(task.target, task.file);
  const download = new FileDownload(task, settings, partial);
  let isDone = false;
  try {
    await download.run();
    isDone = true;
  } finally {
    if (isDone) await partial.finish();
    else if (download.isWorthless) await partial.discard();
    else await partial.close();
  }
}

class FileDownload {
  /** Whether what was received is known to be wrong. */
  isWorthless = false;
  readonly #task: DownloadTask;
  readonly #settings: DownloadSettings;
  readonly #partial: PartialFile;
  /** Whether the bytes come from more than one answer. */
  #isJoined: boolean;

  constructor(task: DownloadTask, settings: DownloadSettings, partial: PartialFile) {
    this.#task = task;
    this.#settings = settings;
    this.#partial = partial;
    this.#isJoined = partial.receivedBytes > 0;
  }

  async run(): Promise<void> {
    const { signal, file } = this.#task;
    let isRepeated = false;
    for (;;) {
      await this.#receive();
      await this.#partial.sync();
      const { sha256 } = await hashFile(this.#partial.path, { signal });
      if (sha256 === file.sha256) return;
      // A file that came in one piece is what the server has; a joined one may be two halves of different files.
      if (!this.#isJoined || isRepeated)
        throw this.#changed(
          hostOf(file.url),
          `sha256 is ${sha256.slice(0, 12)}…, not ${file.sha256.slice(0, 12)}…`,
        );
      isRepeated = true;
      await this.#restart({});
    }
  }

  /** Tries until all bytes are here. */
  async #receive(): Promise<void> {
    const { maxAttempts, delay } = this.#settings;
    for (let failures = 0; this.#partial.receivedBytes < this.#task.file.sizeBytes; ) {
      const before = this.#partial.receivedBytes;
      try {
        await this.#attempt();
      } catch (error) {
        const isProgress = this.#partial.receivedBytes - before >= PROGRESS_BYTES;
        failures = isProgress ? 1 : failures + 1;
        if (!isRetryable(error) || failures >= maxAttempts) throw error;
        await delay(Math.min(500 * 2 ** (failures - 1), MAX_WAIT_MS), { signal: this.#task.signal });
      }
    }
  }

  async #attempt(): Promise<void> {
    const { signal } = this.#task;
    signal?.throwIfAborted();
    const controller = childController(signal);
    try {
      await this.#request(controller);
    } finally {
      // Also ends a body that nobody wants to read to its end.
      controller.abort(undefined);
    }
  }

  async #request(controller: ChildController): Promise<void> {
    const { model, file } = this.#task;
    const offset = this.#partial.receivedBytes;
    const request = {
      model,
      file: file.path,
      url: file.url,
      headers: rangeHeaders(offset, this.#partial.remote),
      deadlines: this.#settings.deadlines,
      hosts: this.#settings.hosts,
      signal: controller.signal,
    };
    const response = await openDownload(request);
    try {
      await this.#accept(response, offset);
      await this.#store(response, controller);
    } catch (error) {
      response.body.destroy();
      // The disk's errors and our own pass; the rest is the connection.
      if (error instanceof ModelError || isDiskError(error)) throw error;
      throw networkError(request, response.host, error);
    }
  }

  /** Looks at the headers and decides whether the body goes on where we are, or begins anew. */
  async #accept(response: DownloadResponse, offset: number): Promise<void> {
    const { status, headers, host } = response;
    const { file } = this.#task;
    if (status === 206) {
      if (this.#isContinued(response, offset)) {
        this.#isJoined = true;
        return;
      }
      await this.#restart({});
      throw this.#failed(
        host,
        'its file has changed since the download began, or it sent another part than was asked for',
      );
    }
    if (status === 416 && offset > 0) {
      await this.#restart({});
      throw this.#failed(host, 'it does not have the part that was asked for');
    }
    if (status !== 200) throw this.#refused(host, status);
    if (headers['content-type']?.includes('text/html')) throw this.#changed(host, 'it is an HTML page');
    if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
      throw this.#changed(host, `it is packed (${headers['content-encoding']})`);
    }
    const length = headers['content-length'];
    if (length !== undefined && Number(length) !== file.sizeBytes) {
      throw this.#changed(host, `it has ${length} bytes, not ${file.sizeBytes}`);
    }
    await this.#restart(remoteState(response));
  }

  async #restart(remote: RemoteState): Promise<void> {
    this.#isJoined = false;
    await this.#partial.restart(remote);
    this.#task.onReceived?.(0);
  }

  #isContinued({ headers }: DownloadResponse, offset: number): boolean {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
    if (!range || Number(range[1]) !== offset) return false;
    if (range[3] !== '*' && Number(range[3]) !== this.#task.file.sizeBytes) return false;
    const { etag } = this.#partial.remote;
    return etag === undefined || headers.etag === undefined || headers.etag === etag;
  }

  async #store(response: DownloadResponse, controller: ChildController): Promise<void> {
    const { model, file, onReceived } = this.#task;
    const { stallMs, stallBytes } = this.#settings.deadlines;
    const { host, body } = response;
    const silent = () =>
      new ModelError('MODEL_DOWNLOAD_SILENT', { model, file: file.path, host, waitedMs: stallMs });
    using watch = new StallWatch({
      windowMs: stallMs,
      minBytes: Math.min(stallBytes, file.sizeBytes - this.#partial.receivedBytes),
      onStall: () => controller.abort(silent()),
    });
    for await (const chunk of body) {
      const bytes = chunk as Buffer;
      watch.add(bytes.length);
      if (this.#partial.receivedBytes + bytes.length > file.sizeBytes) {
        throw this.#changed(host, `it has more than ${file.sizeBytes} bytes`);
      }
      await this.#partial.append(bytes);
      onReceived?.(this.#partial.receivedBytes);
    }
    controller.signal.throwIfAborted();
    if (this.#partial.receivedBytes < file.sizeBytes) {
      throw this.#failed(host, `it ended after ${this.#partial.receivedBytes} of ${file.sizeBytes} bytes`);
    }
  }

  #failed(host: string, finding: string): ModelError {
    const { model, file } = this.#task;
    return new ModelError('MODEL_DOWNLOAD_FAILED', { model, file: file.path, host, finding });
  }

  #refused(host: string, status: number): ModelError {
    if (status >= 500 || status === 408 || status === 429) return this.#failed(host, `it answered ${status}`);
    const { model, file } = this.#task;
    return new ModelError('MODEL_DOWNLOAD_REFUSED', { model, file: file.path, host, status });
  }

  #changed(host: string, finding: string): ModelError {
    this.isWorthless = true;
    const { model, file } = this.#task;
    return new ModelError('MODEL_DOWNLOAD_CHANGED', { model, file: file.path, host, finding });
  }
}

function rangeHeaders(offset: number, remote: RemoteState): Record<string, string> {
  if (offset === 0) return {};
  const isStrong = remote.etag !== undefined && !remote.etag.startsWith('W/');
  const validator = isStrong ? remote.etag : remote.lastModified;
  return { range: `bytes=${offset}-`, ...(validator === undefined ? {} : { 'if-range': validator }) };
}

function remoteState({ headers }: DownloadResponse): RemoteState {
  return { etag: headers.etag, lastModified: headers['last-modified'] };
}

function isRetryable(error: unknown): boolean {
  return error instanceof ModelError && error.retryable;
}

function isDiskError(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EIO', 'EFBIG', 'EMFILE'].includes(
    errorCode(error) ?? '',
  );
}

function hostOf(url: string): string {
  return new URL(url).host;
}
