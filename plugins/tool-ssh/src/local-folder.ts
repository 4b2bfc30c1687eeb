import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { checkRelative, isInside, refusedPath } from './jail-path.js';

/** A file that is being written: nobody sees it under its name before `keep`. */
export interface NewFile extends AsyncDisposable {
  readonly handle: FileHandle;
  keep(): Promise<void>;
}

/** A folder of this machine that paths cannot leave, not through links either. */
export class LocalFolder {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Opens a plain file. The caller closes it. */
  async openForReading(relative: string): Promise<FileHandle> {
    const [root, file] = await this.#resolve(checkRelative('local', relative));
    if (!isInside(root, file, path)) throw refusedPath('local', 'it leads out of the folder');
    // Without blocking: a pipe would wait for a writer.
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const [opened, named] = await Promise.all([handle.stat(), stat(await realpath(file))]);
      if (!opened.isFile()) throw refusedPath('local', 'it is not a plain file');
      if (opened.ino !== named.ino || opened.dev !== named.dev) throw refusedPath('local', 'it was replaced');
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Begins a file under a passing name in the same folder. Disposing it without `keep` leaves nothing. */
  async createFile(relative: string, { overwrites }: { readonly overwrites: boolean }): Promise<NewFile> {
    const checked = checkRelative('local', relative);
    const [root, folder] = await this.#resolve(path.dirname(checked));
    if (folder !== root && !isInside(root, folder, path))
      throw refusedPath('local', 'it leads out of the folder');
    const target = path.join(folder, path.basename(checked));
    const passing = path.join(folder, `.${randomUUID()}.part`);
    const handle = await open(passing, 'wx', 0o600);
    return {
      handle,
      async keep() {
        await handle.sync();
        // A link, unlike a new name, never replaces a file.
        await (overwrites ? rename(passing, target) : link(passing, target));
      },
      async [Symbol.asyncDispose]() {
        await handle.close();
        await rm(passing, { force: true });
      },
    };
  }

  async #resolve(relative: string): Promise<readonly [string, string]> {
    const root = await realpath(this.#root);
    return [root, await realpath(path.join(root, relative))];
  }
}
