import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CatalogueEntry, CatalogueFile } from '../catalogue/catalogue-entry.js';
import { formatName, type ModelFileFormat, sniffModelFile } from '../formats/sniff-model-file.js';
import { errorCode } from '../system-error.js';
import { fileState } from './file-state.js';
import { hashFile } from './hash-file.js';
import type { VerifiedFiles } from './verified-files.js';

/** What is wrong with one file. */
export interface FileFinding {
  readonly file: string;
  readonly problem: 'missing' | 'partial' | 'unreadable' | 'size' | 'content';
  /** A clause for a message: `encoder.onnx is truncated (12.0 of 30.0 MB)`. */
  readonly text: string;
}

export interface VerifyProgress {
  readonly model: string;
  readonly checkedBytes: number;
  readonly totalBytes: number;
}

export interface CheckFilesOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  /** Skips the hash of files that it vouches for, and learns the others. */
  readonly verified?: VerifiedFiles | undefined;
}

/** Compares the files of a model with the catalogue: first all sizes, which is cheap, then all hashes. Gives every finding. */
export async function checkFiles(
  entry: CatalogueEntry,
  directory: string,
  options: CheckFilesOptions = {},
): Promise<FileFinding[]> {
  const sizes = await findSizeFaults(entry, directory);
  if (sizes.length > 0) return sizes;
  return findContentFaults(entry, directory, options);
}

/** Missing files and files of another size. */
export async function findSizeFaults(entry: CatalogueEntry, directory: string): Promise<FileFinding[]> {
  const findings = await Promise.all(
    entry.files.map((file) => findSizeFault(file, path.join(directory, file.path))),
  );
  return findings.filter((finding) => finding !== undefined);
}

async function findSizeFault(file: CatalogueFile, target: string): Promise<FileFinding | undefined> {
  try {
    const stats = await stat(target);
    if (!stats.isFile())
      return { file: file.path, problem: 'unreadable', text: `${file.path} is not a file` };
    if (stats.size === file.sizeBytes) return undefined;
    return { file: file.path, problem: 'size', text: await describeWrongSize(file, target, stats.size) };
  } catch (error) {
    return describeUnreadable(file, target, error);
  }
}

async function findContentFaults(
  entry: CatalogueEntry,
  directory: string,
  options: CheckFilesOptions,
): Promise<FileFinding[]> {
  const totalBytes = entry.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  let checkedBytes = 0;
  const findings: FileFinding[] = [];
  for (const file of entry.files) {
    options.signal?.throwIfAborted();
    const onBytes = (bytes: number) => {
      checkedBytes += bytes;
      options.onProgress?.({ model: entry.name, checkedBytes, totalBytes });
    };
    const finding = await findContentFault(file, path.join(directory, file.path), { ...options, onBytes });
    if (finding) findings.push(finding);
  }
  return findings;
}

async function findContentFault(
  file: CatalogueFile,
  target: string,
  options: CheckFilesOptions & { readonly onBytes: (bytes: number) => void },
): Promise<FileFinding | undefined> {
  try {
    const real = await realpath(target);
    const state = fileState(await stat(real, { bigint: true }));
    if (await options.verified?.has(real, file.sha256, state)) {
      options.onBytes(file.sizeBytes);
      return undefined;
    }
    const hashed = await hashFile(real, options);
    if (hashed.sha256 !== file.sha256) {
      return {
        file: file.path,
        problem: 'content',
        text: await describeWrongContent(file, real, hashed.sha256),
      };
    }
    options.verified?.remember(real, file.sha256, hashed.state);
    return undefined;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (errorCode(error) === undefined) throw error;
    return describeUnreadable(file, target, error);
  }
}

async function describeUnreadable(file: CatalogueFile, target: string, error: unknown): Promise<FileFinding> {
  const code = errorCode(error);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') {
    return {
      file: file.path,
      problem: 'unreadable',
      text: `${file.path} cannot be read (${code ?? 'unknown reason'})`,
    };
  }
  const partial = await stat(`${target}.partial`).catch(() => undefined);
  if (!partial) return { file: file.path, problem: 'missing', text: `${file.path} is missing` };
  const text = `${file.path} is only partly downloaded (${amount(partial.size, file.sizeBytes)})`;
  return { file: file.path, problem: 'partial', text };
}

async function describeWrongSize(file: CatalogueFile, target: string, sizeBytes: number): Promise<string> {
  const format = await sniffModelFile(target);
  if (isSurprising(file, format)) return `${file.path} is ${formatName(format)}`;
  const size = amount(sizeBytes, file.sizeBytes);
  return sizeBytes < file.sizeBytes
    ? `${file.path} is truncated (${size})`
    : `${file.path} is too long (${size})`;
}

async function describeWrongContent(file: CatalogueFile, target: string, found: string): Promise<string> {
  const format = await sniffModelFile(target);
  if (isSurprising(file, format)) return `${file.path} is ${formatName(format)}`;
  return `${file.path} has other content than the catalogue says (sha256 ${shortHash(found)}, not ${shortHash(file.sha256)})`;
}

function isSurprising(file: CatalogueFile, format: ModelFileFormat): boolean {
  if (format === 'empty' || format === 'html') return true;
  const expected = path.extname(file.path).slice(1);
  return (format === 'gguf' || format === 'onnx') && format !== expected;
}

function amount(sizeBytes: number, ofBytes: number): string {
  if (ofBytes < 1_000_000) return `${sizeBytes} of ${ofBytes} bytes`;
  return `${(sizeBytes / 1e6).toFixed(1)} of ${(ofBytes / 1e6).toFixed(1)} MB`;
}

function shortHash(sha256: string): string {
  return /^[0-9a-f]{64}$/.test(sha256) ? `${sha256.slice(0, 12)}…` : sha256;
}
