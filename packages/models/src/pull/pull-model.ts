import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type CatalogueEntry, type CatalogueFile, totalBytes } from '../catalogue/catalogue-entry.js';
import { ModelError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { mendingHint } from '../mending-hint.js';
import { errorCode } from '../system-error.js';
import { checkFiles } from '../verify/check-files.js';
import { DEFAULT_HOSTS } from './allowed-url.js';
import { type DownloadSettings, downloadFile } from './download-file.js';
import { PullLock } from './pull-lock.js';

export interface PullProgress {
  readonly model: string;
  /** The file that is being received. */
  readonly file: string;
  /** Of the whole model. May fall when a download has to begin again. */
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

export interface PullOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called for every chunk; must be quick. What it throws ends the pull. */
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
}

export interface PullSettings extends DownloadSettings {
  /** Refuses every download. */
  readonly isOffline: boolean;
  readonly freeBytes: (directory: string) => Promise<number>;
}

/** A little more than the files themselves, so that a pull does not fill the disk to its last byte. */
const SPARE_BYTES = 32 * 1_048_576;

export const DEFAULT_PULL_SETTINGS: PullSettings = {
  isOffline: false,
  hosts: DEFAULT_HOSTS,
  deadlines: { connectMs: 10_000, headersMs: 30_000, stallMs: 30_000, stallBytes: 32_768 },
  maxAttempts: 5,
  delay: (ms, options) => delay(ms, undefined, options.signal ? { signal: options.signal } : {}),
  freeBytes: async (directory) => {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  },
};

type Downloadable = CatalogueFile & { readonly url: string };

/** Downloads the files of `entry` that are missing or damaged in `directory`. One pull per model at a time. */
export async function pullModel(
  entry: CatalogueEntry,
  directory: string,
  settings: PullSettings,
  options: PullOptions = {},
): Promise<void> {
  if (settings.isOffline) throw new ModelError('MODEL_OFFLINE', { model: entry.name });
  try {
    await makeFolder(directory);
    await using _lock = await PullLock.take(entry.name, directory);
    await pullLocked(entry, directory, settings, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw diskError(entry, directory, error, await settings.freeBytes(directory).catch(() => 0));
  }
}

async function pullLocked(
  entry: CatalogueEntry,
  directory: string,
  settings: PullSettings,
  options: PullOptions,
): Promise<void> {
  const { signal } = options;
  const missing = await filesToFetch(entry, directory, signal);
  await requireSpace(entry, directory, missing, settings);
  let presentBytes = totalBytes(entry) - totalBytes({ files: missing });
  for (const file of missing) {
    const target = path.join(directory, file.path);
    await makeFolder(path.dirname(target));
    const onReceived = (receivedBytes: number) =>
      options.onProgress?.({
        model: entry.name,
        file: file.path,
        receivedBytes: presentBytes + receivedBytes,
        totalBytes: totalBytes(entry),
      });
    await downloadFile({ model: entry.name, file, target, signal, onReceived }, settings);
    presentBytes += file.sizeBytes;
  }
}

async function filesToFetch(
  entry: CatalogueEntry,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<readonly Downloadable[]> {
  const files: Downloadable[] = [];
  const withoutUrl: string[] = [];
  for (const file of entry.files) {
    if ((await checkFiles({ ...entry, files: [file] }, directory, { signal })).length === 0) continue;
    if (file.url === undefined) withoutUrl.push(file.path);
    else files.push({ ...file, url: file.url });
  }
  if (withoutUrl.length > 0) {
    throw new ModelError('MODEL_NOT_DOWNLOADABLE', {
      model: entry.name,
      files: withoutUrl,
      fix: mendingHint(entry),
    });
  }
  return files;
}

async function requireSpace(
  entry: CatalogueEntry,
  directory: string,
  files: readonly CatalogueFile[],
  settings: PullSettings,
): Promise<void> {
  if (files.length === 0) return;
  const neededBytes = totalBytes({ files }) + SPARE_BYTES;
  const freeBytes = await settings.freeBytes(directory);
  if (freeBytes < neededBytes) {
    throw new ModelError('MODEL_DISK_FULL', { model: entry.name, directory, neededBytes, freeBytes });
  }
}

function diskError(entry: CatalogueEntry, directory: string, error: unknown, freeBytes: number): unknown {
  const code = error instanceof ModelError ? undefined : errorCode(error);
  if (code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const details = { model: entry.name, directory, neededBytes: totalBytes(entry), freeBytes };
    return new ModelError('MODEL_DISK_FULL', details, { cause: error });
  }
  return new ModelError('MODEL_FOLDER_UNUSABLE', { directory, finding: code }, { cause: error });
}
