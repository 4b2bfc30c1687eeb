import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { isTiercelError } from '@tiercel/kernel';
import { SshError } from './errors.js';
import { checkRelative, isInside, refusedPath } from './jail-path.js';
import type { LocalFolder } from './local-folder.js';
import { fileFinding, type RemoteFiles } from './remote-files.js';

export interface Transfer {
  readonly host: string;
  readonly files: RemoteFiles;
  readonly remoteRoot: string;
  readonly remotePath: string;
  readonly localFolder: LocalFolder;
  readonly localPath: string;
  readonly maxBytes: number;
  readonly overwrites: boolean;
  readonly signal: AbortSignal;
}

/** Copies a file from a host, and gives its size. The local file appears whole or not at all. */
export function getFile(transfer: Transfer): Promise<number> {
  return toldAs(transfer, async () => {
    const { files, maxBytes, localFolder, localPath, overwrites } = transfer;
    const [root, file] = await resolveRemote(transfer, transfer.remotePath);
    if (!isInside(root, file)) throw refusedPath('remote', 'it leads out of the folder');
    // Before it is opened: a pipe would hold up the session.
    if (!(await files.stat(file)).isFile()) throw refusedPath('remote', 'it is not a plain file');
    const handle = await files.open(file, 'r');
    try {
      const { size } = await files.statOpen(handle);
      if (size > maxBytes) throw new SshError('SSH_FILE_TOO_LARGE', { maxBytes });
      await using target = await localFolder.createFile(localPath, { overwrites });
      let bytes = 0;
      for await (const chunk of limited(files.read(handle, size), transfer)) {
        await target.handle.writeFile(chunk);
        bytes += chunk.length;
      }
      await target.keep();
      return bytes;
    } finally {
      await closeQuietly(files, handle);
    }
  });
}

/** Copies a file to a host, and gives its size. The remote file appears whole or not at all. */
export function putFile(transfer: Transfer): Promise<number> {
  return toldAs(transfer, async () => {
    const { files, maxBytes, localFolder, localPath, overwrites } = transfer;
    const remotePath = checkRelative('remote', transfer.remotePath);
    await using source = await localFolder.openForReading(localPath);
    if ((await source.stat()).size > maxBytes) throw new SshError('SSH_FILE_TOO_LARGE', { maxBytes });
    const [root, folder] = await resolveRemote(transfer, path.posix.dirname(remotePath));
    if (folder !== root && !isInside(root, folder)) throw refusedPath('remote', 'it leads out of the folder');
    const target = path.posix.join(folder, path.posix.basename(remotePath));
    if (!overwrites && (await files.exists(target)))
      throw failed(transfer, 'there is a file of that name, and this tool does not overwrite');
    const passing = path.posix.join(folder, `.${randomUUID()}.part`);
    const handle = await files.open(passing, 'wx');
    try {
      const bytes = await writeAll(transfer, handle, source.createReadStream({ autoClose: false }));
      await (overwrites ? files.replace(passing, target) : files.rename(passing, target));
      return bytes;
    } catch (error) {
      await files.remove(passing).catch(() => undefined);
      throw error;
    }
  });
}

async function writeAll(transfer: Transfer, handle: Buffer, source: AsyncIterable<Buffer>): Promise<number> {
  const { files } = transfer;
  try {
    const bytes = await files.write(handle, limited(source, transfer));
    const { size } = await files.statOpen(handle);
    if (size !== bytes) throw failed(transfer, `the host has ${size} of ${bytes} bytes`);
    return bytes;
  } finally {
    await closeQuietly(files, handle);
  }
}

/** The same chunks, until there are too many of them or the signal aborts. */
async function* limited(
  chunks: AsyncIterable<Buffer>,
  { maxBytes, signal }: Transfer,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > maxBytes) throw new SshError('SSH_FILE_TOO_LARGE', { maxBytes });
    yield chunk;
  }
}

async function resolveRemote(
  { files, remoteRoot }: Transfer,
  relative: string,
): Promise<readonly [string, string]> {
  const root = await files.realpath(remoteRoot);
  const checked = relative === '.' ? relative : checkRelative('remote', relative);
  return [root, await files.realpath(path.posix.join(root, checked))];
}

/** A session that is gone has closed its handles. */
async function closeQuietly(files: RemoteFiles, handle: Buffer): Promise<void> {
  await files.close(handle).catch(() => undefined);
}

async function toldAs(transfer: Transfer, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (transfer.signal.aborted) throw transfer.signal.reason;
    if (isTiercelError(error)) throw error;
    throw failed(transfer, fileFinding(error), error);
  }
}

function failed({ host }: Transfer, finding: string, cause?: unknown): Error {
  return new SshError('SSH_TRANSFER_FAILED', { host, finding }, { cause });
}
