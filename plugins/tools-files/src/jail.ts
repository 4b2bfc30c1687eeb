import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { FilesError } from './errors.js';
import { parsePath, refuseHidden } from './parse-path.js';

/** Where Linux shows the real path of everything that is open. Other systems have no such place. */
const OPEN_FILES = process.platform === 'linux' ? '/proc/self/fd' : '';

export interface JailOptions {
  readonly showsHidden?: boolean;
  /** Folder with a link for each open file. Empty: there is none, and the path is resolved a second time instead. */
  readonly openFiles?: string;
}

/** An open file or folder of which it is certain that it lies in the jail. Whoever opened it disposes it. */
export interface Jailed extends AsyncDisposable {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Leads to what is open, whatever became of its name since. */
  readonly path: string;
}

/** What is missing, of another kind, or not allowed, in words that may be told. */
export interface Absence {
  readonly finding: string;
}

/**
 * A folder that nothing leads out of. A path is resolved first, links included, and opened without following any more; then
 * what was opened is asked for its real path, so that swapping a folder for a link in between gains nothing. Systems other
 * than Linux cannot tell that path: there it is resolved once more, and who swaps fast enough may win. Hard links look like
 * any other file, so whoever may write in the folder decides what is in it.
 */
export class Jail {
  readonly #root: string;
  readonly #showsHidden: boolean;
  readonly #openFiles: string;

  constructor(root: string, { showsHidden = false, openFiles = OPEN_FILES }: JailOptions = {}) {
    this.#root = root;
    this.#showsHidden = showsHidden;
    this.#openFiles = openFiles;
  }

  get showsHidden(): boolean {
    return this.#showsHidden;
  }

  /** Throws `FILES_PATH_REFUSED` for what lies outside; gives the reason if it is not there or of another kind. */
  async open(relative: string, kind: 'file' | 'folder'): Promise<Jailed | Absence> {
    const steps = parsePath(relative, { showsHidden: this.#showsHidden });
    try {
      const root = await realpath(this.#root);
      const real = await realpath(path.join(root, ...steps));
      this.#demandInside(root, real);
      // Opening a device can already do something, so its kind is asked for before.
      const finding = wrongKind(await lstat(real), kind);
      if (finding !== undefined) return { finding };
      return await this.#openReal(root, real, kind);
    } catch (error) {
      const finding = findingOf(error);
      if (finding === undefined) throw error;
      return { finding };
    }
  }

  async #openReal(root: string, real: string, kind: 'file' | 'folder'): Promise<Jailed | Absence> {
    const handle = await open(real, flagsFor(kind));
    let isKept = false;
    try {
      const { isShown, place } = await this.#placeOf(handle, real);
      this.#demandInside(root, place);
      const stats = await handle.stat();
      const finding = wrongKind(stats, kind);
      if (finding !== undefined) return { finding };
      isKept = true;
      return {
        handle,
        sizeBytes: stats.size,
        modifiedMs: stats.mtimeMs,
        path: isShown ? path.join(this.#openFiles, String(handle.fd)) : real,
        [Symbol.asyncDispose]: () => handle.close(),
      };
    } finally {
      if (!isKept) await handle.close();
    }
  }

  /** Where what is open really lies. */
  async #placeOf(
    handle: FileHandle,
    real: string,
  ): Promise<{ readonly isShown: boolean; readonly place: string }> {
    if (this.#openFiles !== '')
      return { isShown: true, place: await readlink(path.join(this.#openFiles, String(handle.fd))) };
    const place = await realpath(real);
    const [opened, named] = await Promise.all([handle.stat({ bigint: true }), stat(place, { bigint: true })]);
    if (opened.ino === named.ino && opened.dev === named.dev) return { isShown: false, place };
    throw new FilesError('FILES_PATH_REFUSED', { finding: 'it was replaced while it was opened' });
  }

  #demandInside(root: string, place: string): void {
    const way = path.relative(root, place);
    if (way === '..' || way.startsWith(`..${path.sep}`) || path.isAbsolute(way))
      throw new FilesError('FILES_PATH_REFUSED', { finding: 'it leads out of its folder' });
    if (!this.#showsHidden) refuseHidden(way.split(path.sep));
  }
}

function flagsFor(kind: 'file' | 'folder'): number {
  // Not there on Windows, where there are no such links either.
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_DIRECTORY = 0 } = constants;
  return O_RDONLY | O_NOFOLLOW | O_NONBLOCK | (kind === 'folder' ? O_DIRECTORY : 0);
}

function wrongKind(
  stats: { isFile(): boolean; isDirectory(): boolean },
  kind: 'file' | 'folder',
): string | undefined {
  if (kind === 'file' ? stats.isFile() : stats.isDirectory()) return undefined;
  if (stats.isDirectory()) return 'it is a folder';
  return stats.isFile() ? 'it is a file, not a folder' : 'it is neither a file nor a folder';
}

const findings: Readonly<Record<string, string>> = {
  ENOENT: 'there is nothing of this name',
  ENOTDIR: 'there is nothing of this name',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
  EACCES: 'this node may not read it',
  EPERM: 'this node may not read it',
  ENXIO: 'it is neither a file nor a folder',
};

function findingOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return Object.hasOwn(findings, code) ? findings[code] : undefined;
}
