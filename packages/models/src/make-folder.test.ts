import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeFolder } from './make-folder.js';

describe('makeFolder', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'tiercel-folder-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('makes a folder and those above it, and does not mind one that is there', async () => {
    const folder = path.join(home, 'a/b/c');

    await makeFolder(folder);
    await makeFolder(folder);

    expect((await stat(folder)).isDirectory()).toBe(true);
  });

  it('ends where no folder can be made', async () => {
    await writeFile(path.join(home, 'file'), '');

    await expect(makeFolder(path.join(home, 'file/below'))).resolves.toBeUndefined();
    await expect(makeFolder('/proc/tiercel/below')).resolves.toBeUndefined();
  });
});
