import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeFolder } from './make-folder.js';

describe('makeFolder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-folder-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('makes a folder with those above it', async () => {
    const target = path.join(folder, 'a', 'b', 'c');

    await makeFolder(target);

    expect((await stat(target)).isDirectory()).toBe(true);
  });

  it('is content with a folder that is there', async () => {
    await expect(makeFolder(folder)).resolves.toBeUndefined();
    await expect(makeFolder('.')).resolves.toBeUndefined();
  });

  it('leaves it to the opening of the file to say what is wrong', async () => {
    await writeFile(path.join(folder, 'file'), '');

    await expect(makeFolder(path.join(folder, 'file', 'below'))).resolves.toBeUndefined();
  });

  it('ends where no folder can be made although the one above is there', async () => {
    await expect(makeFolder('/proc/tiercel/new')).resolves.toBeUndefined();
  });
});
