import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface Folders extends AsyncDisposable {
  /** May be read. */
  readonly inside: string;
  /** Beside it, and holds `secret.txt`. */
  readonly outside: string;
  write(file: string, content: string | Uint8Array): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const SECRET = 'the secret of the outside';

/** A folder for a jail next to one that must never be seen. */
export async function openFolders(): Promise<Folders> {
  const top = await realpath(await mkdtemp(path.join(tmpdir(), 'tiercel-files-')));
  const inside = path.join(top, 'inside');
  const outside = path.join(top, 'inside-not');
  await mkdir(inside);
  await mkdir(outside);
  await writeFile(path.join(outside, 'secret.txt'), SECRET);
  return {
    inside,
    outside,
    async write(file, content) {
      await mkdir(path.dirname(path.join(inside, file)), { recursive: true });
      await writeFile(path.join(inside, file), content);
    },
    [Symbol.asyncDispose]: () => rm(top, { recursive: true, force: true }),
  };
}
