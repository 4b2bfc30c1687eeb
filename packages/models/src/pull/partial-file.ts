import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What the server said about the file when its download began. */
export interface RemoteState {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

/**
 * The part of a file that is here already: `<file>.partial`, and beside it a note of where it came from. The note is written
 * before the first byte, so a part without a fitting note belongs to something else and is thrown away.
 */
export class PartialFile {
  readonly #target: string;
  readonly #file: FileHandle;
  readonly #identity: { readonly url: string; readonly sha256: string };
  #receivedBytes: number;
  #remote: RemoteState;

  private constructor(
    target: string,
    file: FileHandle,
    identity: { readonly url: string; readonly sha256: string },
    receivedBytes: number,
    remote: RemoteState,
  ) {
    this.#target = target;
    this.#file = file;
    this.#identity = identity;
    this.#receivedBytes = receivedBytes;
    this.#remote = remote;
  }

  /** Opens what an earlier run has left of the same file from the same address; otherwise begins with nothing. */
  static async open(
    target: string,
    wanted: { readonly url: string; readonly sha256: string; readonly sizeBytes: number },
  ): Promise<PartialFile> {
    const identity = { url: wanted.url, sha256: wanted.sha256 };
    const note = await readNote(notePath(target));
    const file = await openForUpdate(partialPath(target));
    try {
      const { size } = await file.stat();
      const isOurs =
        note?.url === identity.url && note.sha256 === identity.sha256 && size <= wanted.sizeBytes;
      const partial = new PartialFile(target, file, identity, isOurs ? size : 0, isOurs ? note : {});
      if (!isOurs) await partial.restart({});
      return partial;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get path(): string {
    return partialPath(this.#target);
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get remote(): RemoteState {
    return this.#remote;
  }

  /** Throws away what is here. The next byte is the first of the file in this remote state. */
  async restart(remote: RemoteState): Promise<void> {
    await this.#file.truncate(0);
    this.#receivedBytes = 0;
    this.#remote = remote;
    await writeFile(notePath(this.#target), JSON.stringify({ ...this.#identity, ...remote }));
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      const rest = bytes.subarray(written);
      const { bytesWritten } = await this.#file.write(rest, 0, rest.length, this.#receivedBytes);
      written += bytesWritten;
      this.#receivedBytes += bytesWritten;
    }
  }

  /** Waits until the bytes are on the disk. */
  async sync(): Promise<void> {
    await this.#file.sync();
  }

  /** Keeps the part for the next run. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Makes the part the file, in one step. */
  async finish(): Promise<void> {
    await this.#file.close();
    await rename(partialPath(this.#target), this.#target);
    await rm(notePath(this.#target), { force: true });
    await syncFolder(path.dirname(this.#target));
  }

  async discard(): Promise<void> {
    await this.#file.close();
    await rm(partialPath(this.#target), { force: true });
    await rm(notePath(this.#target), { force: true });
  }
}

function partialPath(target: string): string {
  return `${target}.partial`;
}

function notePath(target: string): string {
  return `${target}.partial.json`;
}

async function openForUpdate(file: string): Promise<FileHandle> {
  // "r+" keeps the bytes but does not create; "a+" creates but ignores positions.
  const created = await open(file, 'a+');
  await created.close();
  return open(file, 'r+');
}

async function readNote(
  file: string,
): Promise<(RemoteState & { url?: unknown; sha256?: unknown }) | undefined> {
  try {
    const note = JSON.parse(await readFile(file, 'utf8')) as Readonly<Record<string, unknown>>;
    return {
      url: note['url'],
      sha256: note['sha256'],
      etag: text(note['etag']),
      lastModified: text(note['lastModified']),
    };
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

async function syncFolder(directory: string): Promise<void> {
  try {
    const folder = await open(directory, 'r');
    await folder.sync().finally(() => folder.close());
  } catch {
    // Some systems cannot sync a folder; the file itself is safe.
  }
}
